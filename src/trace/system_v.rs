//! Calls on System V queues and semaphores that have returned.

use super::decode::{Does, SystemV};
use super::finish::Return;
use super::picture::{Taken, Used};
use crate::notation::{Detail, Letter};
use crate::world::{ObjectId, Post};
use nix::libc;

impl Return<'_> {
    /// What it brought, and what it changed in the picture.
    pub(super) fn system_v(&mut self, call: &SystemV, value: i64) -> Detail {
        let Some(id) = call.id.or_else(|| i32::try_from(value).ok()) else { return Detail::None };
        let queue = ObjectId::system_v(call.kind, id);
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
                let data = self.memory().data(at.wrapping_add(TYPE), value.unsigned_abs());
                (Detail::Data(data), Used::default())
            }
            Does::Receive { at, .. } => (self.letter(queue, *at, value), Used { takes: true, ..Used::default() }),
            Does::Remove => {
                self.picture.system_v_removed(self.pid, call.kind, id);
                return Detail::None;
            }
        };
        self.picture.system_v_used(self.pid, call.kind, id, used, self.contested);
        detail
    }

    fn letter(&mut self, queue: ObjectId, at: u64, value: i64) -> Detail {
        let length = value.unsigned_abs();
        let kind = self.memory().long(at).map_or(0, u64::cast_signed);
        let data = self.memory().data(at.wrapping_add(TYPE), length);
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
        let gone = [libc::EIDRM, libc::EINVAL].contains(&i32::try_from(errno).unwrap_or(0));
        let remover = self.picture.posts().remover(&ObjectId::system_v(call.kind, id)).filter(|_| gone);
        remover.map_or(Detail::None, |who| Detail::Remark(format!("{who} has removed it")))
    }
}

/// The text of a message stands behind its type, which is a long.
const TYPE: u64 = 8;
