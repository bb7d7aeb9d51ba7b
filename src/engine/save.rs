//! Saving: what was done as a script of the notation that replays to the same result.

use super::check::told;
use super::script::FIRST;
use super::{Cause, Moment, Script};
use crate::notation::{Call, Completion, Detail, Outcome, escape, show_completion};

/// The calls of `history` as a script, each with an `expect` of what the kernel did wherever that is the
/// same each time (pids are not).
pub fn to_script(script: &Script, history: &[Moment]) -> String {
    let mut out = format!("# {}, as it was played\n", one_line(&script.title));
    if let Some(first) = script.first.as_deref().filter(|f| *f != FIRST) {
        let starts_so = history.iter().find_map(|m| m.call.as_ref()).is_some_and(|c| c.process == first);
        if !starts_so {
            out += &format!("# the first process is {first}\n");
        }
    }
    for moment in history {
        if moment.cause == Cause::Noticed {
            for ended in &moment.resumed {
                let line = show_completion(ended);
                out += &format!("# without a step: {} {}\n", ended.process, one_line(&line));
            }
            continue;
        }
        let Some(call) = &moment.call else { continue };
        out += &format!("{call}\n");
        let clauses = clauses(moment);
        if !clauses.is_empty() {
            out += &format!("expect {}\n", clauses.join(", "));
        }
    }
    out
}

fn clauses(moment: &Moment) -> Vec<String> {
    let own = moment.own.as_ref().and_then(clause);
    let others = moment.resumed.iter().filter_map(|c| Some(format!("{}: {}", c.process, clause(c)?)));
    own.into_iter().chain(others).collect()
}

/// What `completion` did, where it is the same on every machine and each time.
fn clause(completion: &Completion) -> Option<String> {
    match (&completion.call, &completion.outcome, &completion.detail) {
        (_, Outcome::Running, _) => None,
        (Some(Call::Fork { .. } | Call::Wait | Call::Waitpid { .. } | Call::Start { .. }), Outcome::Returned(_), _) => {
            None
        }
        // Where a long read was cut for show, its length still tells.
        (_, Outcome::Returned(n), Detail::Data(bytes)) if escape(bytes, 200).1 => Some(format!("returns {n}")),
        _ => Some(told(completion)),
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
