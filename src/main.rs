//! The command.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: a warden that had become more than this would make every lesson process larger.
    if pipescope::stage::is_warden() {
        pipescope::stage::warden_main()
    }
    pipescope::cli::run()
}
