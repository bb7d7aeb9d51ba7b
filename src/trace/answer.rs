//! What a call brought, in its text: numbers that are read as bytes, and what epoll has found.

use super::decode::{Notice, seconds, text};
use super::memory::Memory;
use super::picture::Picture;
use crate::notation::{Call, Detail, QueueCall, Seen, SocketDetail, epoll_events_name, signal_name};
use crate::observe::epoll_list;
use crate::world::{FdNumber, Pid, Process};
use nix::libc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `struct signalfd_siginfo`, signalfd(2): its size.
const SIGNAL: usize = 128;
/// So many signals of one read are told.
const SIGNALS: usize = 8;

/// A read of what brings news as numbers, with these: `read(3, [5], 8)`; a call in text that took bytes out, with them. Any other
/// call stays as it is.
pub(super) fn reworded(call: Call, detail: &Detail, picture: &Picture, pid: Pid) -> Call {
    let Detail::Data(bytes) = detail else { return call };
    let (fd, count) = match &call {
        Call::Read { fd, count } => (fd, count),
        Call::Seen(seen) => return with_data(seen, bytes).unwrap_or(call),
        _ => return call,
    };
    let Some(notice) = picture.process(pid).and_then(|p| Notice::of(p, *fd)) else { return call };
    let number = || bytes.first_chunk().map(|b| u64::from_ne_bytes(*b));
    let text = match notice {
        Notice::Counter => number().map(|n| n.to_string()),
        Notice::Expirations => number().map(|n| format!("{n} expiration{}", if n == 1 { "" } else { "s" })),
        Notice::Signals => signals(bytes, |pid| picture.process(pid).or(picture.world().process_by_pid(pid))),
    };
    let Some(text) = text else { return call };
    let seen = Seen::new("read", format!("{fd}, [{text}], {count}"));
    Call::Seen(Box::new(Seen { takes: Some((*fd, *count)), ..seen }))
}

/// The bytes that it took out in their place, behind the descriptor: `pread(3, "hello", 5, 6)`.
fn with_data(seen: &Seen, bytes: &[u8]) -> Option<Call> {
    seen.takes?;
    let (fd, rest) = seen.arguments.split_once(", ")?;
    let arguments = format!("{fd}, {}, {rest}", text(bytes));
    Some(Call::Seen(Box::new(Seen { arguments, ..seen.clone() })))
}

/// `SIGUSR1 from sh[812], SIGCHLD from cat[813]`
fn signals<'p>(bytes: &[u8], known: impl Fn(Pid) -> Option<&'p Process>) -> Option<String> {
    let int = |b: &[u8], at: usize| b.get(at..)?.first_chunk().map(|b| i32::from_ne_bytes(*b));
    let one = |info: &[u8]| {
        let (signal, code, sender) = (int(info, 0)?, int(info, 8)?, int(info, 12)?);
        // Sent by a process, or for a child; what the kernel sends by itself has none.
        let sent = code <= libc::SI_USER || signal == libc::SIGCHLD;
        let from = match sent && sender > 0 {
            true => format!(" from {}", known(sender).map_or_else(|| sender.to_string(), |p| p.name.clone())),
            false => String::new(),
        };
        Some(format!("{}{from}", signal_name(signal)))
    };
    let all = bytes.chunks_exact(SIGNAL);
    let more = if all.len() > SIGNALS { ", ..." } else { "" };
    let told: Option<Vec<String>> = all.take(SIGNALS).map(one).collect();
    told.filter(|told| !told.is_empty()).map(|told| format!("{}{more}", told.join(", ")))
}

/// What an epoll instance has found, by descriptor: the kernel hands out numbers that the program chose for them, and says in
/// fdinfo which is whose. Where it does not, as one was taken off the list meanwhile, the numbers.
pub(super) fn epolled(pid: Pid, epoll: FdNumber, found: &[(u32, u64)]) -> Detail {
    let list = if found.is_empty() { Vec::new() } else { epoll_list(pid, epoll) };
    let one = |(events, data): &(u32, u64)| {
        let mut whose = list.iter().filter(|(_, chosen)| chosen == data).map(|(fd, _)| *fd);
        let fd = whose.next().filter(|_| whose.next().is_none())?;
        Some((fd, libc::c_short::try_from(events & 0x7fff).ok()?))
    };
    match found.iter().map(one).collect() {
        Some(ready) => Detail::Socket(SocketDetail::Ready(ready)),
        None => {
            let each = found.iter().map(|(events, data)| format!("data {data:#x} {}", epoll_events_name(*events)));
            Detail::Remark(format!("[{}]", each.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// Until when mq_timedsend(3) or mq_timedreceive(3) was to wait, where that was said: a point of `CLOCK_REALTIME`.
pub(super) fn limit(call: &Call, arguments: [u64; 6], memory: Memory<'_>) -> Option<Detail> {
    let Call::Queue(QueueCall::Send { .. } | QueueCall::Receive { .. }) = call else { return None };
    let (whole, part) = memory.timespec(arguments[4])?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let until = Duration::new(whole, u32::try_from(part).ok().filter(|n| *n < 1_000_000_000)?);
    let far = |d: Duration| format!("{:.3} s", d.as_secs_f64());
    let from_now = match until.checked_sub(now) {
        Some(left) => format!("{} from now", far(left)),
        None => format!("{} ago", far(now.saturating_sub(until))),
    };
    Some(Detail::Remark(format!("time limit {} of CLOCK_REALTIME, {from_now}", seconds(whole, part))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_told_with_who_sent_them() {
        let info = |signal: i32, code: i32, pid: i32| {
            let mut bytes = vec![0; SIGNAL];
            for (at, value) in [(0, signal), (8, code), (12, pid)] {
                bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
            }
            bytes
        };
        let both = [info(libc::SIGUSR1, libc::SI_USER, 812), info(libc::SIGALRM, 128, 0)].concat();
        assert_eq!(signals(&both, |_| None), Some("SIGUSR1 from 812, SIGALRM".into()));
        let child = info(libc::SIGCHLD, libc::CLD_EXITED, 813);
        assert_eq!(signals(&child, |_| None), Some("SIGCHLD from 813".into()));
        assert_eq!(signals(&child.repeat(9), |_| None).map(|text| text.ends_with("813, ...")), Some(true));
        assert_eq!(signals(&child[..100], |_| None), None);
    }
}
