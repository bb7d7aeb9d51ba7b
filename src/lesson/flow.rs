//! The story told from its first step: processes must be there before they act or are spoken of.

use super::fields::Reader;
use super::goal::ReadGoal;
use super::nearest::nearest;
use super::source::Text;
use super::step::{Clauses, Parts};
use crate::explain;
use crate::notation::{Call, Did, Directed, Expect, NetCall, STAGE, StateWord, Target};
use std::ops::Range;

/// A process of the story.
struct Actor {
    name: String,
    /// The step in which it ended (from 1).
    ended: Option<usize>,
}

/// The processes at some point of a story.
struct Cast<'s> {
    actors: Vec<Actor>,
    story: &'s [Parts],
    step: usize,
}

impl Reader<'_> {
    /// Every process that acts or is named in `story` must be there by then. A goal may also speak of
    /// processes that its sentence names: whoever tries it makes them.
    pub fn flow(&mut self, first: Option<&str>, story: &[Parts], goal: Option<&ReadGoal>) {
        let actors = first.map(|name| Actor { name: name.into(), ended: None }).into_iter().collect();
        let mut cast = Cast { actors, story, step: 0 };
        for parts in story {
            cast.step += 1;
            if let Some((text, directed)) = &parts.call {
                self.caller(&mut cast, text, directed);
                self.callee(&mut cast, text, &directed.call);
                cast.learn(directed, parts);
            }
            self.spoken_of(&cast, parts.expect.as_ref());
            self.spoken_of(&cast, parts.predict.iter().flatten().map(|(_, when)| when).next());
        }
        let Some(goal) = goal else { return };
        for (text, expects) in &goal.reach {
            for name in expects.iter().filter_map(named) {
                if !cast.knows(name) && find_word(&goal.say, name, 0).is_none() {
                    let help = Some(format!("whoever tries it must be told in `say` to call a process {name}"));
                    let message = format!("there is no process called {name}");
                    self.wrong_inside(text, &word(&text.value, name, 0), message, help);
                }
            }
        }
        self.rules(&goal.reach);
    }

    fn caller(&mut self, cast: &mut Cast<'_>, text: &Text, directed: &Directed) {
        let name = directed.process.as_str();
        let place = word(&text.value, name, 0);
        if name == STAGE {
            if !directed.call.is_the_stages() {
                let help = Some("the stage can only begin a process, `stage: start(NAME)`, and type".into());
                self.wrong_inside(text, &place, "the stage makes no calls of its own", help);
            }
            return;
        }
        if directed.call.is_the_stages() {
            let help = Some("write `stage: start(NAME)`".into());
            self.wrong_inside(text, &place, "only the stage can start a process; a process can fork", help);
        }
        match cast.actors.iter().rev().find(|a| a.name == name) {
            None => self.unknown(cast, text, place, name),
            Some(Actor { ended: Some(step), .. }) => {
                let message = format!("{name} has ended in step {step} and makes no more calls");
                self.wrong_inside(text, &place, message, None);
            }
            Some(_) => {}
        }
    }

    /// The process that a call makes or names.
    fn callee(&mut self, cast: &mut Cast<'_>, text: &Text, call: &Call) {
        let after = text.value.find('(').unwrap_or(0);
        match call {
            Call::Fork { name: None } => {
                let at = text.value.find("fork").map_or(0..0, |at| at..text.value.len());
                let help = Some("for example: fork(child)".into());
                self.wrong_inside(text, &at, "in a lesson the new process needs a name", help);
            }
            Call::Fork { name: Some(name) } | Call::Start { name }
                if cast.actors.iter().any(|a| a.name == *name && a.ended.is_none()) =>
            {
                let message = format!("there is a process called {name} already");
                self.wrong_inside(text, &word(&text.value, name, after), message, None);
            }
            Call::Kill { target: Target::Name(name), .. }
            | Call::Waitpid { target: Target::Name(name), .. }
            | Call::Net(NetCall::LinkAdd { peer: Target::Name(name), .. })
                if !cast.knows(name) =>
            {
                self.unknown(cast, text, word(&text.value, name, after), name);
            }
            _ => {}
        }
    }

    fn spoken_of(&mut self, cast: &Cast<'_>, clauses: Option<&Clauses>) {
        let Some(clauses) = clauses else { return };
        for (text, expects) in clauses {
            for name in expects.iter().filter_map(named).filter(|name| !cast.knows(name)) {
                self.unknown(cast, text, word(&text.value, name, 0), name);
            }
        }
        self.rules(clauses);
    }

    /// Every finding that is named must be one that there is.
    fn rules(&mut self, clauses: &Clauses) {
        for (text, expects) in clauses {
            for expect in expects {
                if let Expect::Finding(rule) | Expect::NoFinding(rule) = expect {
                    self.rule(text, rule);
                }
            }
        }
    }

    fn rule(&mut self, text: &Text, rule: &str) {
        if explain::rule(rule).is_some() {
            return;
        }
        let names = || explain::RULES.iter().map(|r| r.name);
        let near = nearest(rule, names());
        let help = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.wrong_inside(text, &word(&text.value, rule, 0), format!("there is no finding `{rule}`"), Some(help));
    }

    fn unknown(&mut self, cast: &Cast<'_>, text: &Text, place: Range<usize>, name: &str) {
        if let Some(step) = cast.comes_in(name) {
            let message = format!("{name} does not exist yet: step {step} makes it");
            return self.wrong_inside(text, &place, message, None);
        }
        let mut there: Vec<&str> = cast.actors.iter().map(|a| a.name.as_str()).collect();
        there.dedup();
        let help = match nearest(name, there.iter().copied()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if there.is_empty() => format!("stage: start({name}) begins a process"),
            None => format!("there are: {}; fork({name}) makes another", there.join(", ")),
        };
        self.wrong_inside(text, &place, format!("there is no process called {name}"), Some(help));
    }
}

impl Cast<'_> {
    fn knows(&self, name: &str) -> bool {
        self.actors.iter().any(|a| a.name == name)
    }

    /// The later step that makes this process.
    fn comes_in(&self, name: &str) -> Option<usize> {
        let makes = |parts: &Parts| match parts.call.as_ref().map(|(_, d)| &d.call) {
            Some(Call::Fork { name: Some(made) } | Call::Start { name: made }) => made == name,
            _ => false,
        };
        self.story.iter().skip(self.step).position(makes).map(|i| self.step + i + 1)
    }

    /// Take in what the step does: who is made, and who ends, by its call or as is expected of it.
    fn learn(&mut self, directed: &Directed, parts: &Parts) {
        match &directed.call {
            Call::Fork { name: Some(name) } | Call::Start { name } => {
                self.actors.push(Actor { name: name.clone(), ended: None });
            }
            // The stage calls what that forks so.
            Call::Exec { argv } if argv.first().is_some_and(|name| name == "python3") => {
                self.actors.push(Actor { name: "child".into(), ended: None });
            }
            Call::Exit { .. } | Call::ExitNow { .. } => self.end(&directed.process),
            _ => {}
        }
        for expect in parts.expect.iter().flatten().flat_map(|(_, expects)| expects) {
            match expect {
                Expect::Own(Did::Exits(_) | Did::Killed(_)) => self.end(&directed.process),
                Expect::Other(name, Did::Exits(_) | Did::Killed(_))
                | Expect::State(name, StateWord::Zombie | StateWord::Gone) => self.end(name),
                _ => {}
            }
        }
    }

    fn end(&mut self, name: &str) {
        let step = self.step;
        if let Some(actor) = self.actors.iter_mut().rev().find(|a| a.name == name && a.ended.is_none()) {
            actor.ended = Some(step);
        }
    }
}

/// The process that an expectation speaks of by name.
fn named(expect: &Expect) -> Option<&str> {
    match expect {
        Expect::Other(name, _)
        | Expect::State(name, _)
        | Expect::Holds(name, _)
        | Expect::Keeps(name, _)
        | Expect::Bytes(name, ..)
        | Expect::Readers(name, ..)
        | Expect::Writers(name, ..) => Some(name),
        _ => None,
    }
}

/// Where `name` stands in `text` as a word of its own, from byte `from` on; the beginning where it does not.
fn word(text: &str, name: &str, from: usize) -> Range<usize> {
    find_word(text, name, from).unwrap_or(0..name.len().min(text.len()))
}

fn find_word(text: &str, name: &str, from: usize) -> Option<Range<usize>> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let found = text.match_indices(name).find(|(i, _)| {
        let (before, after) = (text.get(..*i).unwrap_or(""), text.get(i + name.len()..).unwrap_or(""));
        *i >= from && !part(before.chars().next_back()) && !part(after.chars().next())
    });
    found.map(|(i, _)| i..i + name.len())
}
