//! A call has returned: what it brought, and what it changed in the picture.

use super::answer;
use super::decode::{Pending, Show, Then, epolled, ready, selected};
use super::memory::Memory;
use super::origin::Made;
use super::picture::Picture;
use super::privileges;
use crate::notation::{Call, Completion, Detail, Outcome, Received, SocketCall, SocketDetail};
use crate::observe::Moved;
use crate::world::{Death, Family, Fd, FdNumber, ObjectId, ObjectKind, Pid, Target};
use nix::libc;

/// A thread, where its call returned.
pub(super) struct Return<'p> {
    pub(super) tid: Pid,
    pub(super) pid: Pid,
    pub(super) picture: &'p mut Picture,
    /// The step that this will be.
    pub(super) step: usize,
    /// Others are in calls on the same System V object.
    pub(super) contested: bool,
}

impl Return<'_> {
    /// Take in what the call did.
    pub(super) fn finish(&mut self, mut pending: Pending, value: i64) -> Completion {
        let outcome = match i32::try_from(-value) {
            Ok(errno @ 1..=4095) => Outcome::Error(errno),
            _ => Outcome::Returned(value),
        };
        let detail = match outcome {
            Outcome::Returned(_) => {
                let then = std::mem::replace(&mut pending.then, Then::Nothing);
                self.brought(&pending, then, value)
            }
            _ => self.failed(&pending, value),
        };
        let detail = match detail {
            Detail::None => answer::limit(&pending.call, pending.arguments, self.memory()).unwrap_or_default(),
            detail => detail,
        };
        let process = self.picture.name(self.pid);
        let call = answer::reworded(pending.call, &detail, self.picture, self.pid);
        let done = Completion { process, call: Some(call), outcome, detail };
        if done.is_eof() || done.outcome == Outcome::Error(libc::EPIPE) {
            self.nobody_there(&done);
        }
        done
    }

    /// The end of file, or nobody to read: some who held the other end are on their way out.
    fn nobody_there(&mut self, done: &Completion) {
        let fd = done.call.as_ref().and_then(Call::moves_through);
        let id = fd.and_then(|fd| self.picture.behind(self.pid, fd)).map(|o| o.id.clone());
        if let Some(id) = id {
            self.picture.verify_holders(&id, self.pid);
            self.picture.look_outside_again(&id);
        }
    }

    fn made(&self, pending: &Pending) -> Made {
        Made::by(self.step, &pending.call)
    }

    pub(super) fn memory(&self) -> Memory<'_> {
        self.picture.memory(self.pid, self.tid)
    }

    fn failed(&mut self, pending: &Pending, value: i64) -> Detail {
        match &pending.then {
            // close(2) gives the number up whatever it returns.
            Then::Closed(fd) => self.picture.refresh(self.pid, &[*fd], None),
            // A connection under way: EINPROGRESS.
            Then::Socket(fd) if -value == i64::from(libc::EINPROGRESS) => self.look(*fd),
            Then::Traced if -value == i64::from(libc::EPERM) => return Detail::Remark(privileges::ONE_TRACER.into()),
            Then::Put(fd)
            | Then::Sent(fd)
            | Then::Took(fd, _)
            | Then::TookFrom(fd, ..)
            | Then::TookMessage(fd, _)
            | Then::TookMessages(fd) => self.look(*fd),
            Then::SystemV(call) => {
                let call = call.clone();
                return self.system_v_failed(&call, -value);
            }
            _ => {}
        }
        Detail::None
    }

    fn brought(&mut self, pending: &Pending, then: Then, value: i64) -> Detail {
        let number = FdNumber::try_from(value).unwrap_or(-1);
        let length = value.unsigned_abs();
        match then {
            Then::Nothing | Then::Thread | Then::Fork | Then::ForkSharing | Then::Exec | Then::Traced => Detail::None,
            Then::Pair(at) => self.pair(pending, at),
            Then::New => {
                self.picture.refresh(self.pid, &[number], Some(&self.made(pending)));
                self.first_look(&[number]);
                Detail::None
            }
            Then::Copied => {
                let same = matches!(pending.call, Call::Dup2 { from, to } if from == to);
                let made = (!same).then(|| self.made(pending));
                self.picture.refresh(self.pid, &[number], made.as_ref());
                self.picture.used(self.pid, number);
                Detail::None
            }
            Then::Closed(fd) => {
                self.picture.refresh(self.pid, &[fd], None);
                Detail::None
            }
            Then::Table => {
                self.picture.reread(self.pid);
                Detail::None
            }
            Then::Put(fd) => {
                self.picture.look_at_what(Moved::Put(length), self.pid, fd);
                Detail::None
            }
            Then::Sent(fd) => {
                self.look(fd);
                Detail::None
            }
            Then::Moved(from, to) => {
                self.look(from);
                self.look(to);
                Detail::None
            }
            Then::Took(fd, pieces) => {
                let data = self.memory().gather(&pieces, length);
                self.picture.look_at_what(Moved::Taken(length), self.pid, fd);
                Detail::Data(data)
            }
            Then::TookFrom(fd, piece, from) => self.received(pending, fd, piece, from, length),
            Then::TookMessages(fd) => {
                // Each of them may have brought descriptors.
                if self
                    .picture
                    .behind(self.pid, fd)
                    .and_then(|o| o.as_socket())
                    .is_some_and(|s| s.family == Family::Unix)
                {
                    self.picture.reread(self.pid);
                }
                self.look(fd);
                Detail::None
            }
            Then::TookMessage(fd, header) => self.message(pending, fd, header, length),
            Then::Flags(fd) => {
                self.picture.flags_changed(self.pid, fd);
                self.picture.used(self.pid, fd);
                Detail::None
            }
            Then::Renamed => {
                self.renamed();
                Detail::None
            }
            Then::Unnamed => {
                self.picture.rename_memory();
                Detail::None
            }
            Then::Mapped(asked, fd) => self.mapped(length, asked, fd),
            Then::Attached => self.mapped(length, 0, None),
            Then::Detached(at) => {
                self.picture.detached(self.pid, at);
                Detail::None
            }
            Then::Segment => {
                self.picture.segment(self.pid, length);
                Detail::None
            }
            Then::SegmentGone(number) => {
                self.picture.segment_may_be_gone(number);
                Detail::None
            }
            Then::Size(fd) => {
                self.resized(fd);
                Detail::None
            }
            Then::Socket(fd) => {
                self.socket(fd);
                if matches!(pending.call, Call::Socket(SocketCall::Connect { .. })) {
                    self.picture.look_at_listeners();
                }
                Detail::None
            }
            Then::Accepted(at, size) => self.accepted(pending, number, at, size),
            Then::Waited(status) => self.waited(number, status),
            Then::WaitedInfo(info) => {
                // si_pid of a siginfo_t, sigaction(2).
                let pid = self.memory().int(info + 12).filter(|_| info != 0).unwrap_or(0);
                self.reaped(pid)
            }
            Then::Message(fd, buffer, priority) => {
                let data = self.memory().data(buffer, length);
                let priority = self.memory().int(priority).filter(|_| priority != 0).unwrap_or(0);
                self.look(fd);
                Detail::Message(data, priority.unsigned_abs())
            }
            Then::SystemV(call) => self.system_v(&call, value),
            // It is told of only where it has blocked, and has not.
            Then::Selected(..) | Then::Epolled(..) if pending.show == Show::IfBlocked && !pending.told => Detail::None,
            Then::Selected(count, sets) => Detail::Socket(SocketDetail::Ready(selected(self.memory(), count, sets))),
            Then::Epolled(fd, at) => answer::epolled(self.pid, fd, &epolled(self.memory(), at, length)),
            Then::Polled(at, count) => Detail::Socket(SocketDetail::Ready(ready(self.memory(), at, count))),
        }
    }

    fn pair(&mut self, pending: &Pending, at: u64) -> Detail {
        let (Some(one), Some(other)) = (self.memory().int(at), self.memory().int(at + 4)) else { return Detail::None };
        self.picture.refresh(self.pid, &[one, other], Some(&self.made(pending)));
        self.first_look(&[one, other]);
        Detail::Pair(one, other)
    }

    /// What new descriptors refer to is looked at whole.
    fn first_look(&mut self, numbers: &[FdNumber]) {
        let ids: Vec<(ObjectId, ObjectKind)> =
            numbers.iter().filter_map(|n| self.picture.behind(self.pid, *n).map(|o| (o.id.clone(), o.kind))).collect();
        let sockets: Vec<ObjectId> =
            ids.iter().filter(|(_, k)| *k == ObjectKind::Socket).map(|(id, _)| id.clone()).collect();
        if !sockets.is_empty() {
            self.picture.look_at_sockets(&sockets);
        }
        for (id, kind) in ids {
            if kind == ObjectKind::Fifo {
                self.picture.look_outside(Some(&id));
            }
            if kind != ObjectKind::Socket {
                self.picture.look(&id, true);
            }
        }
    }

    fn look(&mut self, fd: FdNumber) {
        self.picture.look_behind(self.pid, fd, false);
    }

    /// Whoever has a file open may have it under another name now, proc_pid_fd(5).
    fn renamed(&mut self) {
        self.picture.rename_memory();
        let named = |fd: &&Fd| match &fd.target {
            Target::Object(id) => id.0.starts_with('/'),
            Target::Other(link) => link.starts_with('/'),
            Target::Terminal => false,
        };
        let living = self.picture.world().processes.iter().filter(|p| p.state.is_alive());
        let open = living.flat_map(|p| p.fds.iter().filter(named).map(|fd| (p.pid, fd.number, fd.origin.clone())));
        let open: Vec<_> = open.collect();
        for (pid, number, origin) in open {
            self.picture.refresh(pid, &[number], origin.as_ref().map(Made::known).as_ref());
        }
    }

    fn mapped(&mut self, at: u64, length: u64, fd: Option<FdNumber>) -> Detail {
        self.picture.map(self.pid, at, length, fd).map_or(Detail::None, Detail::Mapped)
    }

    fn resized(&mut self, fd: FdNumber) {
        self.picture.look_behind(self.pid, fd, true);
    }

    fn socket(&mut self, fd: FdNumber) {
        if let Some(id) = self.picture.behind(self.pid, fd).map(|o| o.id.clone()) {
            self.picture.look_at_sockets(&[id]);
        }
    }

    fn received(
        &mut self,
        pending: &Pending,
        fd: FdNumber,
        (at, size): (u64, u64),
        from: (u64, u64),
        length: u64,
    ) -> Detail {
        let data = self.memory().data(at, length.min(size));
        let from = self.memory().int(from.1).filter(|_| from.0 != 0 && from.1 != 0);
        let from = from.and_then(|n| self.memory().address(pending.arguments[4], u64::from(n.unsigned_abs())));
        let ended = length == 0 && size > 0 && !self.keeps_boundaries(fd);
        self.picture.look_at_what(Moved::Taken(length), self.pid, fd);
        Detail::Socket(SocketDetail::Received(Received { data, from, rights: Vec::new(), cut: false, ended }))
    }

    fn message(&mut self, pending: &Pending, fd: FdNumber, header: u64, length: u64) -> Detail {
        let Some(header) = self.memory().header(header) else { return Detail::None };
        let rights = self.memory().rights(header.control);
        let data = self.memory().gather(&header.pieces, length);
        let from = self.memory().address(header.name.0, header.name.1);
        let asked: u64 = header.pieces.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n));
        let ended = length == 0 && asked > 0 && !self.keeps_boundaries(fd);
        if !rights.is_empty() {
            self.picture.refresh(self.pid, &rights, Some(&self.made(pending)));
            self.first_look(&rights);
        }
        self.look(fd);
        let cut = header.flags & libc::MSG_TRUNC != 0;
        Detail::Socket(SocketDetail::Received(Received { data, from, rights, cut, ended }))
    }

    fn keeps_boundaries(&self, fd: FdNumber) -> bool {
        let object = self.picture.behind(self.pid, fd);
        object.and_then(|o| o.as_socket()).is_some_and(|s| s.kind.keeps_boundaries())
    }

    fn accepted(&mut self, pending: &Pending, number: FdNumber, at: u64, size: u64) -> Detail {
        self.picture.refresh(self.pid, &[number], Some(&self.made(pending)));
        self.first_look(&[number]);
        if let Call::Socket(SocketCall::Accept { fd } | SocketCall::Accept4 { fd, .. }) = pending.call {
            self.socket(fd);
        }
        // Nobody asked who it is.
        if at == 0 {
            return Detail::None;
        }
        let length = self.memory().int(size).filter(|_| size != 0);
        let from = length.and_then(|n| self.memory().address(at, u64::from(n.unsigned_abs())));
        Detail::Socket(SocketDetail::Address(from))
    }

    fn waited(&mut self, pid: Pid, status: u64) -> Detail {
        let status = self.memory().int(status).filter(|_| status != 0);
        // A child that was stopped or goes on is not reaped.
        if status.is_some_and(|s| libc::WIFSTOPPED(s) || libc::WIFCONTINUED(s)) {
            return Detail::None;
        }
        self.reaped(pid)
    }

    fn reaped(&mut self, pid: Pid) -> Detail {
        if pid <= 0 {
            return Detail::None;
        }
        match self.picture.death(pid) {
            Some((name, death)) => {
                // waitid(2) with WNOWAIT leaves it where it is.
                if crate::observe::comm_of(pid).is_none() {
                    self.picture.reaped(pid);
                }
                Detail::Waited(Some(name), pid, death)
            }
            None => Detail::Waited(None, pid, Death::Unknown),
        }
    }
}
