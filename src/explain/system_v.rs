//! What is said of waits at System V queues and semaphores: who of the picture could end one.

use super::{Finding, Severity, prose};
use crate::world::{Object, Process, Sleeper, State, Usage, User, World};

/// A process that sleeps at one.
pub(super) struct Wait<'w> {
    pub(super) world: &'w World,
    pub(super) process: &'w Process,
    pub(super) object: &'w Object,
    pub(super) usage: &'w Usage,
    pub(super) sleeper: &'w Sleeper,
}

/// Everyone who sleeps in one of these calls at what has not been given to it yet.
pub(super) fn waits<'w>(world: &'w World, calls: &'static [&'static str]) -> impl Iterator<Item = Wait<'w>> {
    world.processes.iter().filter_map(move |process| {
        process.state.blocked_in().filter(|blocked| calls.contains(&blocked.call.as_str()))?;
        let (object, sleeper) = world.system_v_sleeper(process)?;
        let usage = object.usage()?;
        (!sleeper.served).then_some(Wait { world, process, object, usage, sleeper })
    })
}

impl Wait<'_> {
    /// The call that it sleeps in.
    pub(super) fn call(&self) -> &str {
        self.process.state.blocked_in().map_or("", |blocked| &blocked.call)
    }

    /// `p (2 times) has sent to it before, and is running sh.`: those who were seen to do what would help, each with what it does now.
    pub(super) fn helpers(&self, verb: &str, times: impl Fn(&User) -> u64) -> String {
        let before = |user: &&User| times(user) > 0 && user.pid != self.process.pid;
        let one = |user: &User| {
            let doing = match self.world.process_by_pid(user.pid).filter(|_| !user.ended) {
                Some(process) => format!("is {}", doing(process)),
                None => "has ended".to_owned(),
            };
            format!("{} has {verb} it before, and {doing}", prose::plain(&user.process))
        };
        // Those who live first: they may do it again.
        let mut all: Vec<&User> = self.usage.users.iter().filter(before).collect();
        all.sort_by_key(|user| user.ended);
        if all.is_empty() {
            return format!("Nobody else here was seen to have {verb} it.");
        }
        let more = all.len().saturating_sub(MOST);
        let more = if more > 0 { format!("; so have {more} more") } else { String::new() };
        let told: Vec<String> = all.into_iter().take(MOST).map(one).collect();
        format!("{}{more}.", told.join("; "))
    }

    /// The finding that it is.
    pub(super) fn finding(&self, rule: &str, text: String, long: &str) -> Finding {
        Finding {
            rule: rule.into(),
            severity: Severity::Waiting,
            process: self.process.name.clone(),
            fd: None,
            object: Some(self.object.id.0.clone()),
            holders: Vec::new(),
            text,
            fix: String::new(),
            long: vec![long.to_owned()],
        }
    }
}

/// So many who could help are told one by one.
const MOST: usize = 4;

fn doing(process: &Process) -> String {
    match &process.state {
        State::Blocked(blocked) if blocked.fd.is_none() => format!("blocked in {}", prose::plain(&blocked.call)),
        _ => prose::doing(process),
    }
}

/// `1 message`, `3 messages`.
pub(super) fn messages(n: u64) -> String {
    format!("{n} message{}", if n == 1 { "" } else { "s" })
}
