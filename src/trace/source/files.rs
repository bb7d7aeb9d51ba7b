//! The files that are mapped, each read once.

use super::elf::Elf;
use crate::world::Pid;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

/// So many are kept, each open; after that all are read anew.
const KEPT: usize = 128;

/// Which file it is: device, inode, length and time of the last change.
type Key = (u64, u64, u64, SystemTime);

/// The files that were looked at; `None` for those of no use.
#[derive(Default)]
pub(super) struct Files {
    all: HashMap<Key, Option<Rc<Elf>>>,
}

impl Files {
    /// The file that a process has mapped under this path; `None` where it is another by now, or no program.
    pub(super) fn of(&mut self, pid: Pid, path: &Path, inode: u64) -> Option<Rc<Elf>> {
        let path = beneath_root(pid, path);
        let meta = std::fs::metadata(&path).ok().filter(|meta| meta.is_file() && meta.ino() == inode)?;
        let key = (meta.dev(), meta.ino(), meta.len(), meta.modified().ok()?);
        if self.all.len() >= KEPT && !self.all.contains_key(&key) {
            self.all.clear();
        }
        self.all.entry(key).or_insert_with(|| Elf::open(&path, pid, meta.modified().ok()?).map(Rc::new)).clone()
    }
}

/// A path as the process sees it, which may have a root of its own.
pub(super) fn beneath_root(pid: Pid, path: &Path) -> std::path::PathBuf {
    let inside = path.strip_prefix("/").unwrap_or(path);
    Path::new("/proc").join(pid.to_string()).join("root").join(inside)
}
