//! The command.
fn main() {
    // Before anything else: a warden that had become more than this would make every lesson process larger.
    if pipescope::stage::is_warden() {
        pipescope::stage::warden_main()
    }
}
