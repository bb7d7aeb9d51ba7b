//! What is selected on the stage, and moving it.

use crate::world::{FdNumber, Pid, ProcName, World};

/// What is selected on the stage: a process, perhaps one of its descriptors or of its threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The process.
    pub process: Option<ProcName>,
    /// One of its descriptors.
    pub fd: Option<FdNumber>,
    /// Or one of its threads, where it has several.
    pub thread: Option<Pid>,
}

impl Selection {
    /// Let go of what is no longer there; where no living process is selected, take the first.
    pub fn settle(&mut self, world: &World) {
        let alive = self.process.as_deref().and_then(|name| world.process(name)).is_some_and(|p| p.state.is_alive());
        if !alive {
            self.take(world.living().next().map(|p| p.name.clone()));
        }
        let process = self.process.as_deref().and_then(|name| world.process(name));
        if let (Some(p), Some(fd)) = (process, self.fd)
            && p.fd(fd).is_none()
        {
            self.fd = None;
        }
        if let (Some(p), Some(tid)) = (process, self.thread)
            && p.thread(tid).is_none()
        {
            self.thread = None;
        }
    }

    /// Select this process as a whole, or none.
    pub fn take(&mut self, process: Option<ProcName>) {
        *self = Selection { process, fd: None, thread: None };
    }

    /// The process itself is selected, and nothing in it.
    pub fn is_of_whole(&self) -> bool {
        self.fd.is_none() && self.thread.is_none()
    }

    /// Select the process `by` places further on, round and round.
    pub fn move_process(&mut self, world: &World, by: isize) {
        let living: Vec<&str> = world.living().map(|p| p.name.as_str()).collect();
        let now = living.iter().position(|name| Some(*name) == self.process.as_deref());
        let next = step_round(now, living.len(), by);
        self.take(next.and_then(|i| living.get(i)).map(|name| name.to_string()));
    }

    /// Select the descriptor `by` places further down in the selected process, round and round.
    pub fn move_fd(&mut self, world: &World, by: isize) {
        self.settle(world);
        let Some(process) = self.process.as_deref().and_then(|name| world.process(name)) else { return };
        let now = process.fds.iter().position(|f| Some(f.number) == self.fd);
        let next = step_round(now, process.fds.len(), by);
        self.fd = next.and_then(|i| process.fds.get(i)).map(|f| f.number);
        self.thread = None;
    }

    /// Select the thread `by` places further down in the selected process; beyond the last and the first comes the process as a whole.
    pub fn move_thread(&mut self, world: &World, by: isize) {
        self.settle(world);
        let Some(process) = self.process.as_deref().and_then(|name| world.process(name)) else { return };
        let now = process.threads.iter().position(|t| Some(t.tid) == self.thread).map_or(0, |at| at + 1);
        let next = step_round(Some(now), process.threads.len() + 1, by).and_then(|at| at.checked_sub(1));
        self.thread = next.and_then(|at| process.threads.get(at)).map(|t| t.tid);
        self.fd = None;
    }
}

/// `by` places on from `now` among `len`; from nowhere, the first or the last.
fn step_round(now: Option<usize>, len: usize, by: isize) -> Option<usize> {
    let size = isize::try_from(len).ok().filter(|n| *n > 0)?;
    let at = match now.and_then(|i| isize::try_from(i).ok()) {
        Some(i) => (i + by).rem_euclid(size),
        None if by < 0 => size - 1,
        None => 0,
    };
    usize::try_from(at).ok()
}
