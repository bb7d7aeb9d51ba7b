//! What a process has mapped to execute, and how to unwind through it.

use super::elf::Elf;
use super::files::Files;
use super::lines::Line;
use super::python::Python;
use crate::trace::memory::Memory;
use framehop::{MayAllocateDuringUnwind, Module, Unwinder, UnwinderNative};
use procfs::process::{MMPermissions, MMapPath, Process};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

/// So many looks for an address that is nowhere; after that nobody looks until the next exec.
const VAIN: u32 = 32;
/// Where nothing had lines, it is looked again after so many calls at the latest: a library may have been loaded.
const SELDOM: u32 = 65_536;

/// A part of memory that may be executed.
#[derive(Clone)]
pub(super) struct Area {
    start: u64,
    end: u64,
    /// The file, and what must be added to its addresses; `None` for memory without a file, and for what is no program.
    file: Option<(Rc<Elf>, u64)>,
    /// It is the program's own, not the system's.
    own: bool,
    /// The unwinder knows it.
    added: bool,
}

/// The parts of one process's memory that may be executed.
#[derive(Clone, Default)]
pub(super) struct Space {
    areas: Vec<Area>,
    unwinder: UnwinderNative<Rc<[u8]>, MayAllocateDuringUnwind>,
    python: Option<Python>,
    lines: bool,
    read: bool,
    vain: u32,
    calls: u32,
}

impl Area {
    /// The line at an address in it, and when its file was last changed.
    pub(super) fn line(&self, address: u64) -> Option<(Rc<Line>, SystemTime)> {
        let (file, bias) = self.file.as_ref().filter(|_| self.own)?;
        Some((file.line(address.wrapping_sub(*bias))?, file.changed))
    }
}

impl Space {
    /// There may be lines in it. Where there are none, that is found again now and then.
    pub(super) fn is_of_use(&mut self, memory: Memory<'_>, files: &mut Files) -> bool {
        if !self.read {
            self.read(memory, files);
        } else if !self.has_lines() && self.python.is_none() {
            self.calls = self.calls.saturating_add(1);
            // After 1, 4, 16, ... calls, then seldom: a reading costs as much as a hundred calls.
            let soon =
                self.calls < SELDOM && self.calls.is_power_of_two() && self.calls.trailing_zeros().is_multiple_of(2);
            if soon || self.calls.is_multiple_of(SELDOM) {
                self.read(memory, files);
            }
        }
        self.has_lines() || self.python.is_some()
    }

    /// Some file of the program's own has debug information.
    pub(super) fn has_lines(&self) -> bool {
        self.lines
    }

    /// The interpreter in it.
    pub(super) fn python(&mut self) -> Option<&mut Python> {
        self.python.as_mut()
    }

    /// The part that an address is in.
    pub(super) fn area(&mut self, memory: Memory<'_>, address: u64, files: &mut Files) -> Option<&Area> {
        let find = |areas: &[Area]| areas.iter().position(|a| (a.start..a.end).contains(&address));
        let at = match find(&self.areas) {
            Some(at) => at,
            None if self.vain >= VAIN => return None,
            // A library was loaded since.
            None => {
                self.read(memory, files);
                find(&self.areas).or_else(|| {
                    self.vain += 1;
                    None
                })?
            }
        };
        self.areas.get(at)
    }

    /// The unwinder, which knows the part that an address is in.
    pub(super) fn unwinder(&mut self, address: u64) -> &UnwinderNative<Rc<[u8]>, MayAllocateDuringUnwind> {
        let area = self.areas.iter_mut().find(|a| (a.start..a.end).contains(&address) && !a.added);
        if let Some(area) = area {
            area.added = true;
            if let Some((file, bias)) = &area.file {
                self.unwinder.add_module(Module::new(String::new(), area.start..area.end, *bias, file.unwinding()));
            }
        }
        &self.unwinder
    }

    fn read(&mut self, memory: Memory<'_>, files: &mut Files) {
        let (calls, pid) = (self.calls, memory.process);
        *self = Space { read: true, vain: self.vain, calls, ..Space::default() };
        let Ok(maps) = Process::new(pid).and_then(|process| process.maps()) else { return };
        for map in maps.into_iter().filter(|map| map.perms.contains(MMPermissions::EXECUTE)) {
            let path = match &map.pathname {
                MMapPath::Path(path) => path.clone(),
                _ => PathBuf::new(),
            };
            let file = match map.inode {
                0 => None,
                inode => files.of(pid, &path, inode),
            };
            let (start, end) = map.address;
            let file = file.map(|file| {
                let bias = file.bias(start, map.offset);
                (file, bias)
            });
            if let Some((file, bias)) = file.as_ref().filter(|_| self.python.is_none() && Python::may_be(&path)) {
                self.python = Python::of(file, *bias, memory);
            }
            let own = !is_library_of_the_system(&path);
            self.lines |= own && file.as_ref().is_some_and(|(file, _)| file.has_lines());
            self.areas.push(Area { start, end, file, own, added: false });
        }
    }
}

/// Libraries that programs reach the kernel through, and Python itself: nobody's own program, even where there is debug information.
fn is_library_of_the_system(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let libraries =
        ["libc.so", "libc-", "ld-linux", "ld-musl", "ld-2", "libpthread", "libstdc++", "libgcc_s", "libm.so"];
    let python = name.starts_with("python3") || name.starts_with("libpython") || is_of_python(&path.to_string_lossy());
    libraries.iter().any(|library| name.starts_with(library)) || python
}

/// A file that came with Python, or was installed beside it.
pub(super) fn is_of_python(path: &str) -> bool {
    let installed = ["/site-packages/", "/dist-packages/"].iter().any(|folder| path.contains(folder));
    // /usr/lib/python3.11/subprocess.py
    let library = path.split_once("/python3").is_some_and(|(before, after)| {
        let version = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == 't');
        version.starts_with('/') && (before.ends_with("/lib") || before.ends_with("/lib64"))
    });
    installed || library || path.starts_with('<')
}

/// A source file of a compiler's or the system's, which is nobody's own program.
pub(super) fn is_of_the_system(file: &str) -> bool {
    let folders =
        ["/usr/include/", "/usr/lib/", "/usr/lib64/", "/usr/src/", "/rustc/", "/rust/deps/", "/usr/local/go/"];
    let others = ["/.cargo/registry/", "/.cargo/git/", "/go/pkg/mod/"];
    // `<autogenerated>`: what Go's compiler writes by itself, in the folder that it was started in.
    folders.iter().any(|folder| file.starts_with(folder))
        || others.iter().any(|folder| file.contains(folder))
        || file.rsplit('/').next().is_some_and(|name| name.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_own_is_known_by_its_path() {
        for (path, library, python, system) in [
            ("/usr/lib/x86_64-linux-gnu/libc.so.6", true, false, true),
            ("/lib64/ld-linux-x86-64.so.2", true, false, false),
            ("/home/me/pipe", false, false, false),
            ("/home/me/libcurious.so", false, false, false),
            ("/usr/bin/python3.11", true, false, false),
            ("/usr/lib/python3.11/subprocess.py", true, true, true),
            ("/opt/lib64/python3/multiprocessing/pool.py", true, true, false),
            ("/home/me/lib/python3stuff/x.py", false, false, false),
            ("/home/me/v/lib/python3.13t/site-packages/a/b.py", true, true, false),
            ("<frozen importlib._bootstrap>", true, true, true),
            ("/home/me/python/pipe.py", false, false, false),
            ("/usr/include/x86_64-linux-gnu/bits/unistd.h", false, false, true),
            ("/rustc/abc/library/std/src/io/mod.rs", false, false, true),
            ("/rust/deps/gimli-0.32.3/src/read/unit.rs", false, false, true),
            ("/home/me/go/pkg/mod/example.org/x@v1.0.0/x.go", false, false, true),
            ("/home/me/<autogenerated>", false, false, true),
        ] {
            let found = (is_library_of_the_system(Path::new(path)), is_of_python(path), is_of_the_system(path));
            assert_eq!(found, (library, python, system), "{path}");
        }
    }
}
