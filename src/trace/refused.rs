//! Which setting forbids tracing, and what still works.

use crate::world::Death;
use nix::errno::Errno;

const REST: &str = "`pipescope why`, `graph` and `watch` look at running programs without tracing them";

/// Why a call of ours was refused.
pub(super) fn why(call: &str, errno: Errno) -> String {
    let reason = match (call, errno) {
        ("ptrace", Errno::EPERM | Errno::EACCES | Errno::ENOSYS) => forbidden(),
        _ => format!("{call} failed: {}", errno.desc()),
    };
    format!("this machine does not let us trace: {reason}\n{REST}")
}

/// The child ended before it could run the program: it may put no filter on.
pub(super) fn not_begun(end: Option<Death>) -> String {
    let how = match end {
        Some(Death::Exited(126)) => {
            "no seccomp filter may be put on (seccomp(2) was refused); --no-filter traces without one, more slowly"
                .into()
        }
        Some(Death::Killed(signal)) => format!("{} ended it first", crate::notation::signal_name(signal)),
        _ => "its first call was not seen".to_owned(),
    };
    format!("the program was not begun: {how}\n{REST}")
}

/// What forbids ptrace(2) here.
fn forbidden() -> String {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let status = text("/proc/self/status");
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map_or("0", str::trim).to_owned();
    match (text("/proc/sys/kernel/yama/ptrace_scope").trim(), field("Seccomp:").as_str(), field("TracerPid:").as_str())
    {
        ("3", ..) => "Yama forbids it to everyone (/proc/sys/kernel/yama/ptrace_scope is 3)".into(),
        ("2", ..) => "Yama allows it to root alone (/proc/sys/kernel/yama/ptrace_scope is 2)".into(),
        (_, "2", _) => {
            "a seccomp filter forbids ptrace, as in some containers (docker run --cap-add=SYS_PTRACE)".into()
        }
        (_, _, tracer) if tracer != "0" => format!("we are traced ourselves, by process {tracer}"),
        _ => "ptrace(2) was refused (EPERM)".into(),
    }
}
