//! The tape: a moment as lines of the notation, for the message pane and the transcript alike.

use super::{Flow, FlowEnd, Flowed, Moment, system_v};
use crate::explain::framing::{announced, framing};
use crate::notation::{Call, Completion, Detail, Outcome, QueueCall, escape, show_completion};
use crate::world::{Known, ObjectId, ProcName, SocketType};
use serde::{Deserialize, Serialize};

/// How many characters of the bytes that went are shown.
const SHOWN: usize = 48;
/// And how many of bytes that are all alike.
const SHOWN_SAME: usize = 10;

/// One line of the tape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeLine {
    /// The step it belongs to.
    pub step: usize,
    /// What kind of line it is.
    pub kind: TapeKind,
    /// Whose line it is.
    pub process: Option<ProcName>,
    /// Who else had a part in it: the one that sent the bytes.
    pub from: Option<ProcName>,
    /// What object it is about.
    pub object: Option<ObjectId>,
    /// The line, escaped, without the process's name.
    pub text: String,
}

/// The kinds of tape line, each with its own look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TapeKind {
    /// A call that returned.
    Call,
    /// A call that failed.
    Error,
    /// A call that has not returned.
    Blocked,
    /// A call that was blocked and has now ended.
    Resumed,
    /// Bytes on their way.
    Data,
    /// End of file.
    Eof,
    /// A process ended.
    Death,
    /// An expectation that was not met.
    Failed,
}

/// The lines of one moment, in order.
pub fn lines(moment: &Moment) -> Vec<TapeLine> {
    let mut out = Vec::new();
    let mut flows: Vec<&Flow> = moment.flows.iter().collect();
    if let Some(own) = &moment.own {
        out.push(call_line(moment, own, false));
        drain_flows(moment, own, &mut flows, &mut out);
    }
    for ended in &moment.resumed {
        out.push(call_line(moment, ended, true));
        drain_flows(moment, ended, &mut flows, &mut out);
    }
    out.extend(flows.into_iter().map(|f| flow_line(moment, f)));
    out.extend(moment.checks.iter().filter(|c| !c.met).map(|c| TapeLine {
        step: moment.step,
        kind: TapeKind::Failed,
        process: None,
        from: None,
        object: None,
        text: format!("expected: {}; the kernel: {}", c.expect, c.got),
    }));
    out
}

fn call_line(moment: &Moment, completion: &Completion, resumed: bool) -> TapeLine {
    let kind = match (&completion.outcome, &completion.call) {
        (Outcome::Returned(0), _) if completion.is_eof() => TapeKind::Eof,
        (Outcome::Returned(_), _) if resumed => TapeKind::Resumed,
        (Outcome::Returned(_), _) => TapeKind::Call,
        (Outcome::Error(_), _) => TapeKind::Error,
        (Outcome::Blocked(_) | Outcome::Running, _) => TapeKind::Blocked,
        (Outcome::Interrupted, _) => TapeKind::Resumed,
        (Outcome::Signal(..), _) => TapeKind::Error,
        (Outcome::Died(_), _) => TapeKind::Death,
    };
    let mark = if resumed && completion.call.is_some() { "... " } else { "" };
    TapeLine {
        step: moment.step,
        kind,
        process: Some(completion.process.clone()),
        from: None,
        object: moment
            .flows
            .iter()
            .find(|f| is_of(f, completion))
            .map(|f| f.object.clone())
            .or_else(|| system_v::object_of(completion)),
        text: format!("{mark}{}", show_completion(completion)),
    }
}

/// Whether `flow` went through the descriptor that `completion` used.
fn is_of(flow: &Flow, completion: &Completion) -> bool {
    let Some(call) = &completion.call else { return false };
    let own = |end: &Option<FlowEnd>| end.as_ref().is_some_and(|(process, _)| *process == completion.process);
    match &completion.detail {
        Detail::Posted(letter) => return letter.queue == flow.object && own(&flow.from),
        Detail::Letter(letter) => return letter.queue == flow.object && own(&flow.to),
        _ => {}
    }
    let end = match (call.puts(), call.takes(), call) {
        (Some((fd, _)), ..) => (&flow.from, fd),
        (_, Some((fd, _)), _) => (&flow.to, fd),
        (.., Call::Queue(QueueCall::Send { fd, .. })) => (&flow.from, *fd),
        (.., Call::Queue(QueueCall::Receive { fd, .. })) => (&flow.to, *fd),
        (.., Call::Stdio(_) | Call::Exit { .. }) => (&flow.from, 1),
        _ => return false,
    };
    own(end.0) && end.0.as_ref().is_some_and(|(_, fd)| *fd == Some(end.1))
}

fn drain_flows(moment: &Moment, of: &Completion, flows: &mut Vec<&Flow>, out: &mut Vec<TapeLine>) {
    flows.retain(|flow| {
        let mine = is_of(flow, of);
        if mine {
            out.push(flow_line(moment, flow));
        }
        !mine
    });
}

fn flow_line(moment: &Moment, flow: &Flow) -> TapeLine {
    let label = moment.world.object(&flow.object).map_or(flow.object.0.as_str(), |o| o.label());
    let mut way = String::new();
    let end = |(process, fd): &FlowEnd| match fd {
        Some(fd) => format!("{process} {fd}"),
        None => process.clone(),
    };
    if let Some(from) = &flow.from {
        way += &format!("{} -> ", end(from));
    }
    way += match went_out(moment, flow) {
        true if moment.traced.is_some() => "nobody who is traced",
        true => "nobody on this stage",
        false => label,
    };
    if let Some(to) = &flow.to {
        way += &format!(" -> {}", end(to));
    }
    let what = match &flow.what {
        Flowed::Eof if moment.world.object(&flow.object).is_some_and(|o| !o.is_pipe()) => {
            "end of file: the other side sends no more".to_string()
        }
        Flowed::Eof => "end of file: no write end is open any more".to_string(),
        Flowed::Lost(1) => "1 more byte of the message did not fit and is lost".to_string(),
        Flowed::Lost(n) => format!("{n} more bytes of the message did not fit and are lost"),
        Flowed::Dropped(n) => format!("{n} bytes, dropped: there is no room for them, and no sender is told"),
        Flowed::Bytes(n, head) => bytes_shown(*n, head) + &framed(moment, flow, head, *n),
    };
    let process = flow.to.as_ref().or(flow.from.as_ref()).map(|(name, _)| name.clone());
    let from = flow.from.as_ref().map(|(name, _)| name.clone()).filter(|name| Some(name) != process.as_ref());
    let (object, text) = (Some(flow.object.clone()), format!("{way}  {what}"));
    TapeLine { step: moment.step, kind: TapeKind::Data, process, from, object, text }
}

/// A datagram that no socket of the stage took: it is told of at the socket that it left by, and waits nowhere.
fn went_out(moment: &Moment, flow: &Flow) -> bool {
    let own = flow.from.as_ref().and_then(|(process, fd)| moment.world.object_at(process, (*fd)?));
    let datagram = own.and_then(|o| o.as_socket()).is_some_and(|s| s.kind == SocketType::Datagram);
    datagram && flow.to.is_none() && own.is_some_and(|o| o.id == flow.object && o.bytes == Known::Yes(0))
}

/// What the bytes are, where they are messages of Python's multiprocessing.
fn framed(moment: &Moment, flow: &Flow, head: &[u8], n: u64) -> String {
    if head.len() as u64 != n {
        return String::new();
    }
    let waits = || moment.world.object(&flow.object).and_then(|o| o.contents.value()).map_or(&[][..], |c| &c.head);
    framing(head).or_else(|| announced(head, waits())).map_or(String::new(), |what| format!("  {what}"))
}

fn bytes_shown(n: u64, head: &[u8]) -> String {
    let (text, cut) = escape(head, SHOWN);
    if !cut && head.len() as u64 == n {
        return format!("\"{text}\"");
    }
    // A long row of one letter says no more than a short one.
    let same = head.len() > SHOWN_SAME && head.iter().all(|b| Some(b) == head.first());
    let text = if same { escape(head, SHOWN_SAME).0 } else { text };
    format!("\"{text}\"...  {n} bytes")
}
