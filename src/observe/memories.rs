//! The memory of processes that are followed call by call, through `/proc/PID/mem`, proc_pid_mem(5), kept open: a read there costs
//! two thirds of `process_vm_readv(2)`, which finds the process and asks for permission each time.

use super::tracee::read_memory;
use crate::world::Pid;
use nix::errno::Errno;
use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// So many are kept open at the most; the others are read in the other way.
const OPEN: usize = 64;

/// One for each process that was read from.
#[derive(Debug, Default)]
pub struct Memories(RefCell<Vec<(Pid, File)>>);

impl Memories {
    /// Copy from the memory of a stopped thread of a process. How many bytes could be had: fewer where the rest is not mapped.
    pub fn read(&self, process: Pid, thread: Pid, address: u64, into: &mut [u8]) -> usize {
        match self.kept(process, address, into) {
            Some(got) => got,
            None => read_memory(thread, address, into),
        }
    }

    /// `None` where the file cannot be had, or has nothing to say of what a process has now.
    fn kept(&self, process: Pid, address: u64, into: &mut [u8]) -> Option<usize> {
        let mut open = self.0.borrow_mut();
        let at = match open.iter().position(|(pid, _)| *pid == process) {
            Some(at) => at,
            None if open.len() >= OPEN => return None,
            None => {
                open.push((process, File::open(format!("/proc/{process}/mem")).ok()?));
                open.len() - 1
            }
        };
        match open.get(at)?.1.read_at(into, address) {
            // The memory that it was opened for is given up.
            Ok(0) => None,
            Ok(got) => Some(got),
            // Nothing is mapped there.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => Some(0),
            Err(_) => None,
        }
    }

    /// The process runs another program, whose memory is another, or has ended.
    pub fn forget(&self, process: Pid) {
        self.0.borrow_mut().retain(|(pid, _)| *pid != process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mapped_is_read_as_far_as_it_goes() {
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).unwrap().unwrap().unsigned_abs();
        let text = vec![7_u8; 3 * page as usize];
        let me = Pid::try_from(std::process::id()).unwrap();
        let memories = Memories::default();
        let mut into = vec![0; 2 * page as usize];
        let from = text.as_ptr() as u64;
        assert_eq!(memories.read(me, me, from, &mut into), into.len());
        assert!(into.iter().all(|b| *b == 7));
        assert_eq!(memories.read(me, me, 0, &mut into), 0);
        memories.forget(me);
        assert!(memories.0.borrow().is_empty());
        assert_eq!(memories.read(me, me, from, &mut into[..1]), 1);
    }
}
