//! Whether a program has used what it was given, as long as somebody asks.

use super::super::edits::OfProcess;
use super::{Class, Picture};
use crate::world::{FdNumber, Pid};

impl Picture {
    /// From now on it is asked whether the program has used what it was given.
    pub(in super::super) fn watch_for_use(&mut self) {
        self.used = Some(false);
    }

    /// Nobody asks that any more.
    pub(in super::super) fn watch_no_more(&mut self) {
        self.used = None;
    }

    /// It has.
    pub(in super::super) fn is_used(&self) -> bool {
        self.used == Some(true)
    }

    /// A call is about to move bytes through a descriptor.
    pub(in super::super) fn note_use(&mut self, pid: Pid, number: FdNumber) {
        if self.used != Some(false) {
            return;
        }
        let class = self.class(pid, number);
        let made = || self.process(pid).and_then(|p| p.fd(number)).is_some_and(|fd| fd.origin.is_some());
        let outside = || self.behind(pid, number).is_some_and(|o| o.holders.iter().any(|h| h.outside));
        let given = class == Class::Terminal || class == Class::Channel && (!made() || outside());
        self.used = Some(given);
    }

    /// The program begins here: what it has was there before, and nobody asks any more what it uses.
    pub(in super::super) fn begin_anew(&mut self) {
        self.watch_no_more();
        let places = self.world.processes.iter_mut().enumerate();
        let changed: Vec<usize> = places
            .filter_map(|(place, process)| {
                let fds = process.fds.iter_mut().filter_map(|fd| fd.origin.take());
                (fds.count() > 0).then_some(place)
            })
            .collect();
        changed.into_iter().for_each(|place| self.mark_process(place, OfProcess::Whole));
    }
}
