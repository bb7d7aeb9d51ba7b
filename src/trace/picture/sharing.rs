//! Processes that use one table: made by clone(2) with `CLONE_FILES`, and no threads of one process.

use super::Picture;
use crate::world::Pid;

impl Picture {
    /// A new process uses its parent's table from now on, not a copy.
    pub(in super::super) fn share(&mut self, child: Pid, parent: Pid) {
        let mut all = self.users(parent);
        all.push(child);
        for pid in &all {
            if let Some(beside) = self.beside.get_mut(pid) {
                beside.shares = all.iter().copied().filter(|other| other != pid).collect();
            }
        }
    }

    /// A process that has a table of its own from now on, as after exec, or none.
    pub(super) fn unshare(&mut self, pid: Pid) {
        for beside in self.beside.values_mut() {
            beside.shares.retain(|other| *other != pid);
        }
        if let Some(beside) = self.beside.get_mut(&pid) {
            beside.shares.clear();
            beside.closing = 0;
        }
    }

    /// Everyone who uses the table of this process, itself first.
    pub(super) fn users(&self, pid: Pid) -> Vec<Pid> {
        let others = self.beside.get(&pid).map(|b| b.shares.as_slice()).unwrap_or_default();
        [&[pid], others].concat()
    }
}
