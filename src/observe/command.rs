//! The words a process was started with: `/proc/PID/cmdline`, proc_pid_cmdline(5).

use super::proc_dir::ProcDir;
use crate::world::Pid;

/// So much is read; Java has been seen to be started with more.
const MOST: usize = 4096;

/// Its words with spaces between them; `None` where it has none any more (it is dead), or is gone. A process may write over them.
pub fn command(pid: Pid) -> Option<String> {
    let mut buffer = [0; MOST];
    words(ProcDir::of(pid).ok()?.read(c"cmdline", &mut buffer).ok()?)
}

fn words(text: &[u8]) -> Option<String> {
    let end = text.iter().rposition(|b| *b != 0)? + 1;
    let words: Vec<_> = text.get(..end)?.split(|b| *b == 0).map(String::from_utf8_lossy).collect();
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_together() {
        assert_eq!(words(b"python3\0worker.py\0\0-q\0").as_deref(), Some("python3 worker.py  -q"));
        assert_eq!(words(b"nginx: master process\0\0\0\0").as_deref(), Some("nginx: master process"));
        assert_eq!((words(b""), words(b"\0\0")), (None, None));
        let own = command(nix::unistd::getpid().as_raw()).unwrap();
        assert!(own.starts_with(&std::env::args().next().unwrap()), "{own}");
        assert_eq!(command(0), None);
    }
}
