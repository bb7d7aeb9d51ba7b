//! Calls on System V queues and semaphores that have returned.

use super::decode::{Does, SystemV, letter};
use super::finish::Return;
use super::picture::{Taken, Used};
use crate::notation::{Detail, Letter, signal_name};
use crate::world::{ObjectId, Pid, Post};
use nix::libc;

impl Return<'_> {
    /// What it brought, and what it changed in the picture.
    pub(super) fn system_v(&mut self, call: &SystemV, value: i64) -> Detail {
        let Some(id) = call.id.or_else(|| i32::try_from(value).ok()) else { return Detail::None };
        let queue = ObjectId::system_v(call.kind, id);
        if matches!(call.does, Does::Get { .. }) {
            self.picture.forget_ipc(self.pid);
        }
        // What has this identifier elsewhere is something else.
        if !self.picture.shares_our_ipc(self.pid) {
            return match &call.does {
                Does::Receive { at, .. } => Detail::Data(letter(self.memory(), *at, value.unsigned_abs()).1),
                _ => Detail::None,
            };
        }
        let (detail, used) = match &call.does {
            Does::Get { makes } => (Detail::None, Used { makes: *makes, ..Used::default() }),
            Does::Ask => (Detail::None, Used::default()),
            Does::Set => (Detail::None, Used { sets: true, ..Used::default() }),
            Does::Operate(all) => {
                let (puts, takes) = (all.iter().any(|o| o.change > 0), all.iter().any(|o| o.change < 0));
                (Detail::None, Used { puts, takes, ..Used::default() })
            }
            Does::Send(kind, head, length) => {
                let (kind, head, length) = (*kind, head.clone(), *length);
                let from = self.picture.name(self.pid);
                self.picture.posts().sent(&queue, Post { kind, head: head.clone(), length, from });
                let letter = Letter { queue, kind, data: head, length, from: None, lost: 0 };
                (Detail::Posted(Box::new(letter)), Used { puts: true, ..Used::default() })
            }
            Does::Receive { at, copies: true, .. } => {
                let (_, data) = letter(self.memory(), *at, value.unsigned_abs());
                (Detail::Data(data), Used::default())
            }
            Does::Receive { at, .. } => (self.taken(queue, *at, value), Used { takes: true, ..Used::default() }),
            Does::Remove => {
                self.picture.system_v_removed(self.pid, call.kind, id);
                return Detail::None;
            }
        };
        self.picture.system_v_used(self.pid, call.kind, id, used, self.contested);
        detail
    }

    fn taken(&mut self, queue: ObjectId, at: u64, value: i64) -> Detail {
        let length = value.unsigned_abs();
        let (kind, data) = letter(self.memory(), at, length);
        let taken = Taken { kind, data: &data, length };
        let (from, lost) = self.picture.posts().received(&queue, taken, self.contested).unzip();
        let lost = lost.unwrap_or(0);
        Detail::Letter(Box::new(Letter { queue, kind, data, length, from, lost }))
    }

    /// It failed; where what it was about is gone, that is told with who removed it.
    pub(super) fn system_v_failed(&mut self, call: &SystemV, errno: i64) -> Detail {
        let Some(id) = call.id.filter(|_| errno != i64::from(libc::EACCES) && errno != i64::from(libc::EPERM)) else {
            return Detail::None;
        };
        self.picture.system_v_used(self.pid, call.kind, id, Used::default(), self.contested);
        // msgsnd and msgrcv are made again, semop is not.
        if errno == i64::from(libc::EINTR)
            && let Some(signal) = matches!(call.does, Does::Operate(_)).then(|| ignored_signal(self.tid)).flatten()
        {
            return Detail::Remark(format!(
                "{} woke it, which it ignores: so only where it is traced",
                signal_name(signal)
            ));
        }
        let gone = [libc::EIDRM, libc::EINVAL].contains(&i32::try_from(errno).unwrap_or(0));
        let gone = gone && self.picture.shares_our_ipc(self.pid);
        let remover = self.picture.posts().remover(&ObjectId::system_v(call.kind, id)).filter(|_| gone);
        remover.map_or(Detail::None, |who| Detail::Remark(format!("{who} has removed it")))
    }
}

/// The signal that has come for a thread, where it is one that is thrown away. The kernel wakes nobody for such a one, but keeps it for
/// whoever traces, ptrace(2).
fn ignored_signal(tid: Pid) -> Option<i32> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    let bit = |signal: i32| 1_u64 << (signal - 1);
    let by_itself = [libc::SIGCHLD, libc::SIGURG, libc::SIGWINCH, libc::SIGCONT].map(bit).iter().fold(0, |a, b| a | b);
    let came = (field("SigPnd:")? | field("ShdPnd:")?) & !field("SigBlk:")?;
    let thrown_away = (field("SigIgn:")? | by_itself) & !field("SigCgt:")?;
    (came != 0 && came & !thrown_away == 0).then(|| i32::try_from(came.trailing_zeros() + 1).unwrap_or(0))
}
