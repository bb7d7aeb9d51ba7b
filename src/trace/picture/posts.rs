//! The messages in System V queues, from the calls that were seen: the kernel shows none before it is received.
//!
//! What was seen going in is told while the kernel counts as many messages and bytes, and none but those who are followed has sent or
//! received last; else it is given up until the queue is empty.

use crate::world::{Body, Known, Object, ObjectId, Pid, Post, PostQueue, ProcName, Sleeper};
use std::collections::BTreeMap;

const UNDER_WAY: &str = "calls on it have not returned";

/// What was seen of queues.
#[derive(Debug, Default)]
pub(in super::super) struct Posts {
    /// The messages of each queue, oldest first, where all of them were seen.
    seen: BTreeMap<ObjectId, Vec<Post>>,
    /// Who has removed what.
    removed: BTreeMap<ObjectId, ProcName>,
}

/// A message that was received.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Taken<'t> {
    /// Its type.
    pub(in super::super) kind: i64,
    /// Its first bytes.
    pub(in super::super) data: &'t [u8],
    /// How many bytes arrived.
    pub(in super::super) length: u64,
}

impl Taken<'_> {
    fn is(&self, post: &Post) -> bool {
        let shared = self.data.len().min(post.head.len());
        let same = self.data.get(..shared) == post.head.get(..shared);
        post.kind == self.kind && self.length <= post.length && same
    }
}

impl Posts {
    /// A message went into a queue.
    pub(in super::super) fn sent(&mut self, id: &ObjectId, post: Post) {
        self.seen.get_mut(id).into_iter().for_each(|all| all.push(post.clone()));
    }

    /// A message came out: who sent it, and how many bytes of it did not fit. `contested`: others are in calls on the queue, and who
    /// returns first need not have come first.
    pub(in super::super) fn received(
        &mut self,
        id: &ObjectId,
        taken: Taken<'_>,
        contested: bool,
    ) -> Option<(ProcName, u64)> {
        let all = self.seen.get_mut(id)?;
        let oldest = all.iter().position(|post| post.kind == taken.kind);
        let at = if contested { all.iter().position(|post| taken.is(post)) } else { oldest };
        let Some(at) = at.filter(|at| all.get(*at).is_some_and(|post| taken.is(post))) else {
            // Somebody else has put it there.
            self.seen.remove(id);
            return None;
        };
        let post = all.remove(at);
        // Of messages that are alike it may be any.
        let doubt = contested && all.iter().any(|other| taken.is(other) && other.from != post.from);
        (!doubt).then(|| (post.from, post.length.saturating_sub(taken.length)))
    }

    /// Who removed what a call finds gone.
    pub(in super::super) fn remover(&self, id: &ObjectId) -> Option<&ProcName> {
        self.removed.get(id)
    }

    pub(super) fn removed_by(&mut self, id: &ObjectId, who: ProcName) {
        self.removed.insert(id.clone(), who);
    }

    pub(super) fn forget(&mut self, id: &ObjectId) {
        self.seen.remove(id);
    }

    /// Tell a queue that was looked at which messages wait in it. `known`: those who are followed.
    pub(super) fn tell(&mut self, object: &mut Object, contested: bool, known: &[Pid]) {
        let (id, bytes) = (object.id.clone(), object.bytes.value().copied());
        let Body::PostQueue(queue) = &mut object.body else { return };
        let Some(held) = queue.messages.value().copied() else { return };
        if held == 0 && !contested {
            self.seen.insert(id.clone(), Vec::new());
        }
        if held == 0 {
            let all = self.seen.entry(id).or_default();
            queue.waiting = Known::Yes(Vec::new());
            hand_over(all, &mut queue.usage.sleepers, (0, Some(0)));
            return;
        }
        let followed = |pid: Pid| pid == 0 || known.contains(&pid) || queue.usage.users.iter().any(|u| u.pid == pid);
        let ours = followed(queue.last_sender) && followed(queue.last_receiver);
        let Some(all) = self.seen.get(&id).filter(|_| ours) else {
            self.seen.remove(&id);
            queue.waiting = Known::No(PostQueue::UNSEEN.into());
            return;
        };
        queue.waiting = match (hand_over(all, &mut queue.usage.sleepers, (held, bytes)), contested) {
            (Some(waiting), _) => Known::Yes(waiting),
            (None, true) => Known::No(UNDER_WAY.into()),
            (None, false) => {
                self.seen.remove(&id);
                Known::No(PostQueue::UNSEEN.into())
            }
        };
    }
}

/// What waits, where the kernel counts so: all of it, or what is left when each sleeper has been handed the first message that it takes
/// and will tell of it. Those sleepers are marked.
fn hand_over(all: &[Post], sleepers: &mut [Sleeper], (held, bytes): (u64, Option<u64>)) -> Option<Vec<Post>> {
    let agrees = |all: &[Post]| all.len() as u64 == held && Some(all.iter().map(|post| post.length).sum()) == bytes;
    sleepers.iter_mut().for_each(|sleeper| sleeper.served = false);
    if agrees(all) {
        return Some(all.to_vec());
    }
    let mut left = all.to_vec();
    let mut served = vec![false; sleepers.len()];
    for (sleeper, served) in sleepers.iter().zip(&mut served) {
        if let Some(at) = left.iter().position(|post| sleeper.wants.takes(post.kind)) {
            left.remove(at);
            *served = true;
        }
        if agrees(&left) {
            break;
        }
    }
    agrees(&left).then(|| {
        sleepers.iter_mut().zip(served).for_each(|(sleeper, served)| sleeper.served = served);
        left
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ObjectKind;

    const OURS: Pid = 7;

    fn id() -> ObjectId {
        ObjectId::system_v(ObjectKind::PostQueue, 40)
    }

    /// The queue with so many messages and bytes, and who sent last.
    fn told(posts: &mut Posts, (messages, bytes, last): (u64, u64, Pid), contested: bool) -> Known<Vec<i64>> {
        let mut object = Object::system_v(ObjectKind::PostQueue, 40);
        object.bytes = Known::Yes(bytes);
        if let Body::PostQueue(queue) = &mut object.body {
            queue.messages = Known::Yes(messages);
            queue.last_sender = last;
        }
        posts.tell(&mut object, contested, &[OURS]);
        match &object.post_queue().unwrap().waiting {
            Known::Yes(all) => Known::Yes(all.iter().map(|post| post.kind).collect()),
            Known::No(why) => Known::No(why.clone()),
        }
    }

    fn send(posts: &mut Posts, kind: i64, text: &str, from: &str) {
        posts.sent(&id(), Post { kind, head: text.into(), length: text.len() as u64, from: from.into() });
    }

    fn take(posts: &mut Posts, kind: i64, text: &str, contested: bool) -> Option<(String, u64)> {
        posts.received(&id(), Taken { kind, data: text.as_bytes(), length: text.len() as u64 }, contested)
    }

    #[test]
    fn messages_are_told_while_the_kernel_agrees() {
        let mut posts = Posts::default();
        // It was there before, and full of who knows what.
        assert_eq!(told(&mut posts, (2, 9, 0), false), Known::No(PostQueue::UNSEEN.into()));
        assert_eq!(told(&mut posts, (0, 0, 0), false), Known::Yes(vec![]));
        send(&mut posts, 3, "abc", "a");
        send(&mut posts, 1, "hello", "b");
        assert_eq!(told(&mut posts, (2, 8, OURS), false), Known::Yes(vec![3, 1]));
        assert_eq!(take(&mut posts, 1, "hello", false), Some(("b".into(), 0)));
        // A part of it: the rest is lost.
        assert_eq!(take(&mut posts, 3, "a", false), Some(("a".into(), 2)));
        assert_eq!(told(&mut posts, (0, 0, OURS), false), Known::Yes(vec![]));
        send(&mut posts, 1, "x", "a");
        assert_eq!(told(&mut posts, (2, 2, OURS), false), Known::No(PostQueue::UNSEEN.into()));
        assert_eq!(take(&mut posts, 1, "x", false), None);
    }

    #[test]
    fn what_a_stranger_has_sent_last_makes_all_unknown() {
        let mut posts = Posts::default();
        told(&mut posts, (0, 0, 0), false);
        send(&mut posts, 1, "x", "a");
        assert_eq!(told(&mut posts, (1, 1, 99), false), Known::No(PostQueue::UNSEEN.into()));
    }

    #[test]
    fn a_message_that_was_handed_to_a_sleeper_keeps_its_sender() {
        let mut posts = Posts::default();
        told(&mut posts, (0, 0, 0), false);
        send(&mut posts, 1, "x", "a");
        assert_eq!(told(&mut posts, (0, 0, OURS), true), Known::Yes(vec![]));
        send(&mut posts, 1, "y", "b");
        assert_eq!(told(&mut posts, (1, 1, OURS), true), Known::No(UNDER_WAY.into()));
        assert_eq!(take(&mut posts, 1, "x", true), Some(("a".into(), 0)));
        assert_eq!(told(&mut posts, (1, 1, OURS), true), Known::Yes(vec![1]));
    }

    #[test]
    fn of_two_that_are_alike_no_sender_is_told_while_others_receive() {
        for (contested, expected) in [(true, None), (false, Some(("a".to_owned(), 0)))] {
            let mut posts = Posts::default();
            told(&mut posts, (0, 0, 0), false);
            send(&mut posts, 1, "x", "a");
            send(&mut posts, 1, "x", "b");
            assert_eq!(take(&mut posts, 1, "x", contested), expected);
        }
    }
}
