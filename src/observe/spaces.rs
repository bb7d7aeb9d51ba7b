//! What a process that is followed call by call has mapped: its `/proc/PID/maps` and `/proc/PID/pagemap`, kept open. They belong to the
//! memory that it had when they were opened: after exec they say that it is given up.

use super::maps::{Area, parse};
use super::sys;
use crate::world::{Access, Pid};
use nix::errno::Errno;
use std::cell::{Cell, OnceCell, RefCell};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileExt;

/// `PROCMAP_QUERY_VMA_READABLE`, `_WRITABLE`, `_SHARED` in linux/fs.h.
const READABLE: u64 = 1;
const WRITABLE: u64 = 2;
const SHARED: u64 = 8;
/// A page is in this process's table, proc_pid_pagemap(5).
const PRESENT: u64 = 1 << 63;

/// The addresses of one process's memory.
#[derive(Debug)]
pub struct Addresses {
    pid: Pid,
    maps: File,
    pages: OnceCell<Option<File>>,
    page: u64,
    /// The kernel answers for single addresses, as far as is known.
    answers: Cell<bool>,
    /// The addresses at which it is known to have touched a page.
    touched: RefCell<Vec<u64>>,
}

impl Addresses {
    /// Open them.
    ///
    /// # Errors
    /// Where the process is gone, or one may not look.
    pub fn of(pid: Pid) -> io::Result<Addresses> {
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.map_or(4096, i64::unsigned_abs);
        let maps = File::open(format!("/proc/{pid}/maps"))?;
        Ok(Addresses { pid, maps, pages: OnceCell::new(), page, answers: Cell::new(true), touched: RefCell::default() })
    }

    /// The kernel answers for single addresses, as it has done since Linux 6.11: else each question takes a reading of the whole list.
    pub fn answers(&self) -> bool {
        self.answers.get()
    }

    /// The size of a page in bytes.
    pub fn page(&self) -> u64 {
        self.page
    }

    /// The area that an address is in, with or without its path; `None` where nothing is mapped there, or nothing that is shared.
    ///
    /// # Errors
    /// ESRCH where the memory is given up, as the process has ended or runs another program.
    pub fn at(&self, address: u64) -> nix::Result<Option<Area>> {
        let asked = if self.answers.get() { sys::area_at(&self.maps, address) } else { Err(Errno::ENOTTY) };
        let found = match asked {
            Ok(found) => found,
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ENOTTY | Errno::EINVAL) => {
                self.answers.set(false);
                let all = self.shared().map_err(|_| Errno::EIO)?.ok_or(Errno::ESRCH)?;
                return Ok(all.into_iter().find(|area| (area.start..area.end).contains(&address)));
            }
            Err(errno) => return Err(errno),
        };
        let access = match (found.may & READABLE != 0, found.may & WRITABLE != 0) {
            (true, true) => Access::ReadWrite,
            (true, false) => Access::Read,
            (false, true) => Access::Write,
            (false, false) => Access::None,
        };
        Ok(Some(Area {
            start: found.start,
            end: found.end,
            access,
            shared: found.may & SHARED != 0,
            offset: found.offset,
            device: found.device.into(),
            inode: found.inode,
            path: String::new(),
        }))
    }

    /// All areas that are shared. A living process that has none still has others: where the kernel says nothing at all, `None`.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn shared(&self) -> io::Result<Option<Vec<Area>>> {
        let mut text = String::new();
        let mut maps = &self.maps;
        maps.rewind()?;
        match maps.read_to_string(&mut text) {
            // Nobody has it any more.
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => return Ok(None),
            read => read?,
        };
        // Most are private: told by one letter, before any other work.
        let shared = |line: &&str| line.split(' ').nth(1).is_some_and(|may| may.ends_with('s'));
        let all = || text.lines().filter(shared).filter_map(parse).collect();
        Ok((!text.is_empty()).then(all))
    }

    /// It has touched the page at this address, so that a look there brings nothing into being and waits for nobody. What has been
    /// touched is remembered: should the kernel have put the page elsewhere since, a look fetches it from there.
    pub fn has_touched(&self, address: u64) -> bool {
        let mut touched = self.touched.borrow_mut();
        let found = touched.contains(&address) || self.is_present(address);
        if found && !touched.contains(&address) {
            touched.push(address);
        }
        found
    }

    /// What was touched may be mapped otherwise by now.
    pub fn forget_touched(&self) {
        self.touched.borrow_mut().clear();
    }

    fn is_present(&self, address: u64) -> bool {
        let pages = self.pages.get_or_init(|| File::open(format!("/proc/{}/pagemap", self.pid)).ok());
        let mut entry = [0; 8];
        let read = pages.as_ref().and_then(|file| file.read_exact_at(&mut entry, address / self.page * 8).ok());
        read.is_some() && u64::from_ne_bytes(entry) & PRESENT != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_answers_as_its_list_says() {
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let pid = child.id().cast_signed();
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let asleep =
            || std::fs::read_to_string(format!("/proc/{pid}/syscall")).is_ok_and(|text| !text.starts_with("run"));
        while !(super::super::comm_of(pid).is_some_and(|(comm, _)| comm == "sleep") && asleep()) {
            assert!(std::time::Instant::now() < limit, "it does not come to sleep");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let addresses = Addresses::of(pid).unwrap();
        let text = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        // That page is none of the process's own, and is in the list alone.
        let listed = text.lines().filter(|line| !line.contains("[vsyscall]")).filter_map(parse);
        let listed: Vec<Area> = listed.map(|area| Area { path: String::new(), ..area }).collect();
        let stack = text.lines().find(|line| line.ends_with("[stack]")).and_then(parse).unwrap();
        assert_eq!(addresses.at(0), Ok(None));
        if addresses.answers() {
            for area in &listed {
                assert_eq!(addresses.at(area.start).unwrap().as_ref(), Some(area));
                assert_eq!(addresses.at(area.end - 1).unwrap().as_ref(), Some(area));
            }
        } else {
            eprintln!("skipped: before Linux 6.11 there is only the list");
        }
        assert!(listed.len() > 4 && addresses.shared().unwrap().is_some());
        // What it was started with lies at the end of its stack.
        assert!(addresses.has_touched(stack.end - addresses.page()) && !addresses.has_touched(0));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(addresses.shared().unwrap(), None);
        assert_eq!(addresses.at(stack.start), Err(Errno::ESRCH));
    }
}
