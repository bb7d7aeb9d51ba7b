//! What moved through System V queues. The tracer has said with each call who sent the message, where that was seen.

use super::{Flow, Flowed};
use crate::notation::{Call, Completion, Detail, Outcome};
use crate::world::{ObjectId, ObjectKind};

/// How many bytes of a message are kept for show.
const HEAD: usize = 256;

/// What this call moved into a queue, or out of one.
pub(super) fn flows(done: &Completion) -> Vec<Flow> {
    let end = || Some((done.process.clone(), None));
    match &done.detail {
        Detail::Posted(letter) => {
            let what = Flowed::Bytes(letter.length, head(&letter.data));
            vec![Flow { from: end(), object: letter.queue.clone(), to: None, what }]
        }
        Detail::Letter(letter) => {
            let from = letter.from.clone().map(|sender| (sender, None));
            let what = Flowed::Bytes(letter.length, head(&letter.data));
            let mut flows = vec![Flow { from, object: letter.queue.clone(), to: end(), what }];
            if letter.lost > 0 {
                let what = Flowed::Lost(letter.lost);
                flows.push(Flow { from: None, object: letter.queue.clone(), to: end(), what });
            }
            flows
        }
        _ => Vec::new(),
    }
}

fn head(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().take(HEAD).collect()
}

/// The System V queue or semaphores that a call of a traced program is about: the first argument, or what it returned.
pub(super) fn object_of(done: &Completion) -> Option<ObjectId> {
    let Some(Call::Seen(seen)) = &done.call else { return None };
    let kind = match seen.name.as_str() {
        "msgget" => ObjectKind::PostQueue,
        "semget" => ObjectKind::Semaphores,
        _ => return seen.system_v(),
    };
    let Outcome::Returned(id) = done.outcome else { return None };
    Some(ObjectId::system_v(kind, i32::try_from(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{Letter, Seen};

    fn done(name: &str, arguments: &str, value: i64, detail: Detail) -> Completion {
        let call = Some(Call::Seen(Box::new(Seen::new(name, arguments))));
        Completion { process: "p".into(), call, outcome: Outcome::Returned(value), detail }
    }

    #[test]
    fn a_message_flows_from_its_sender_and_what_did_not_fit_is_lost() {
        let queue = ObjectId("msq 7".into());
        let letter = |from, lost| {
            Box::new(Letter { queue: queue.clone(), kind: 3, data: b"ab".to_vec(), length: 2, from, lost })
        };
        let sent = flows(&done("msgsnd", "7, ...", 0, Detail::Posted(letter(None, 0))));
        let what = Flowed::Bytes(2, b"ab".to_vec());
        let p = || Some(("p".to_owned(), None));
        assert_eq!(sent, [Flow { from: p(), object: queue.clone(), to: None, what: what.clone() }]);
        let got = flows(&done("msgrcv", "7, ...", 2, Detail::Letter(letter(Some("q".into()), 5))));
        let (from, lost) = (Some(("q".to_owned(), None)), Flowed::Lost(5));
        assert_eq!(got[0], Flow { from, object: queue.clone(), to: p(), what });
        assert_eq!(got[1], Flow { from: None, object: queue, to: p(), what: lost });
    }

    #[test]
    fn a_call_names_its_object_or_returns_it() {
        let of = |name, arguments, value| object_of(&done(name, arguments, value, Detail::None)).map(|id| id.0);
        assert_eq!(of("msgget", "IPC_PRIVATE, 0600", 40), Some("msq 40".into()));
        assert_eq!(of("semop", "5, [0: -1]", 0), Some("sem 5".into()));
        assert_eq!(of("shmat", "5", 0), None);
    }
}
