//! Which network namespace a process is in.

use super::sys_net;
use crate::world::Pid;
use nix::errno::Errno;

/// The number of a process's network namespace; `None` where it is gone or may not be asked.
pub fn network_of(pid: Pid) -> Option<u64> {
    number(&std::fs::read_link(format!("/proc/{pid}/ns/net")).ok()?.to_string_lossy(), "net:")
}

/// The number of our own.
pub fn own_network() -> Option<u64> {
    number(&std::fs::read_link("/proc/self/ns/net").ok()?.to_string_lossy(), "net:")
}

/// Whether a process may have a network of its own (`unshare(CLONE_NEWUSER|CLONE_NEWNET)`): tried, and forgotten.
///
/// # Errors
/// Why not, and which setting forbids it as far as that can be told, in words fit for the screen.
pub fn allowed() -> Result<(), String> {
    sys_net::try_own_network().map_err(|errno| {
        let setting = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        forbidden(errno, &setting)
    })
}

fn forbidden(errno: Errno, setting: &dyn Fn(&str) -> Option<String>) -> String {
    let is = |name: &str, value: &str| setting(&format!("/proc/sys/{name}")).as_deref() == Some(value);
    let why = match errno {
        _ if is("user/max_user_namespaces", "0") => "sysctl user.max_user_namespaces is 0",
        _ if is("user/max_net_namespaces", "0") => "sysctl user.max_net_namespaces is 0",
        _ if is("kernel/unprivileged_userns_clone", "0") => "sysctl kernel.unprivileged_userns_clone is 0",
        _ if is("kernel/apparmor_restrict_unprivileged_userns", "1") => {
            "AppArmor keeps them from ordinary users: sysctl kernel.apparmor_restrict_unprivileged_userns is 1"
        }
        Errno::ENOSPC | Errno::EUSERS => "there are as many already as sysctl user.max_user_namespaces allows",
        Errno::EINVAL | Errno::ENOSYS => "this kernel was built without them",
        Errno::EPERM | Errno::EACCES => "a container or a security module forbids it",
        _ => "the kernel does not say more",
    };
    format!("no process here may have a network of its own (unshare: {errno:?}): {why}")
}

/// The number in `net:[4026531840]`.
fn number(link: &str, kind: &str) -> Option<u64> {
    link.strip_prefix(kind)?.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_that_forbids_it_is_named() {
        let told = |errno, path: &'static str, value: &'static str| {
            forbidden(errno, &move |asked| (asked == path).then(|| value.to_owned()))
        };
        assert_eq!(
            told(Errno::ENOSPC, "/proc/sys/user/max_user_namespaces", "0"),
            "no process here may have a network of its own (unshare: ENOSPC): sysctl user.max_user_namespaces is 0"
        );
        assert!(
            told(Errno::EPERM, "/proc/sys/kernel/unprivileged_userns_clone", "0").contains("unprivileged_userns_clone")
        );
        assert!(told(Errno::EPERM, "/proc/sys/kernel/unprivileged_userns_clone", "1").ends_with("forbids it"));
        assert!(
            told(Errno::EACCES, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1").contains("AppArmor")
        );
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(number("net:[4026531840]", "net:"), Some(4_026_531_840));
        assert_eq!(number("user:[1]", "net:"), None);
        assert_eq!(number("net:1", "net:"), None);
        assert_eq!(network_of(std::process::id().cast_signed()), own_network());
        assert_eq!(network_of(0), None);
    }
}
