//! What is said of a moment where it is not the lesson's own words, or more than those.

use crate::engine::{Cause, Moment, Script, Session, needs};
use crate::lesson::{Lesson, Variant, builtin};
use crate::notation::{Outcome, call_spec, show_completion, traced_summary};
use crate::timeline::Note;

/// The sentence for the moment shown.
pub fn sentence(session: &Session, lesson: Option<&Lesson>, variant: Option<&Variant>) -> String {
    let moment = session.told();
    let mut text = match moment.cause {
        Cause::Start => start(session, lesson, variant),
        Cause::Script(index) => match session.script().steps.get(index).map(|s| s.say.as_str()) {
            Some(say) if !say.is_empty() => say.to_string(),
            _ => of_call(moment),
        },
        Cause::Free | Cause::Traced => of_call(moment),
        Cause::Noticed => without_a_step(moment),
    };
    let steps = session.script().steps.len();
    if steps > 0 && session.is_live() && session.progress() == steps && matches!(moment.cause, Cause::Script(_)) {
        text += "\n";
        text += &ending(lesson);
    }
    text
}

/// What a lesson or script itself says of a moment of its own, to be kept beside it.
pub fn note(moment: &Moment, script: &Script, lesson: Option<&Lesson>, variant: Option<&Variant>) -> Note {
    let text = |say: &str| Note { say: say.to_owned(), ..Note::default() };
    match moment.cause {
        Cause::Start => lesson.map_or_else(Note::default, |lesson| text(&begins(lesson, variant))),
        Cause::Script(index) => script
            .steps
            .get(index)
            .map_or_else(Note::default, |step| Note { say: step.say.clone(), marks: step.marks.clone() }),
        Cause::Free | Cause::Noticed | Cause::Traced => Note::default(),
    }
}

/// What can be said of a moment that nobody wrote a sentence for.
pub(super) fn described(moment: &Moment) -> String {
    match moment.cause {
        Cause::Start => "The beginning: nothing was called yet.".into(),
        Cause::Traced if moment.own.is_none() => released(moment),
        _ if moment.own.is_none() => without_a_step(moment),
        _ => of_call(moment),
    }
}

fn begins(lesson: &Lesson, variant: Option<&Variant>) -> String {
    let say = variant.filter(|v| !v.say.is_empty()).map_or(String::new(), |v| format!("\n{}", v.say));
    let intro = match (needs::lacks(lesson), Script::opens_as(lesson).1) {
        (Some(why), _) => format!("{}. What goes without is shown.", capital(why)),
        (None, Some(program)) => format!("This machine has no {program}: the stage makes its calls. {}", lesson.intro),
        (None, None) => lesson.intro.clone(),
    };
    format!("{intro}{say}")
}

/// The text with its first letter as at the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What one can do where nothing is left to step.
fn ending(lesson: Option<&Lesson>) -> String {
    let Some(lesson) = lesson else {
        return "The script ends here, and the stage is yours: make any call, or R begins again.".into();
    };
    let mut text = String::from("The lesson ends here. ");
    if lesson.goal.is_some() {
        text += "C: its task. ";
    }
    if !lesson.variants.is_empty() {
        text += "v: the same with a difference. ";
    }
    let next = builtin().iter().position(|l| l.slug == lesson.slug).and_then(|at| builtin().get(at + 1));
    if let Some(next) = next {
        text += &format!("> opens the next lesson, {}. ", next.slug);
    }
    text + "Or make any call: the stage is yours."
}

fn start(session: &Session, lesson: Option<&Lesson>, variant: Option<&Variant>) -> String {
    match lesson {
        Some(lesson) => begins(lesson, variant),
        None if session.script().steps.is_empty() => {
            "A process of your own, with nothing but its terminal on 0, 1 and 2. \
             p makes a pipe, f forks, c closes, s sends, r receives; : takes any call, as in `pipe2(O_CLOEXEC)`. \
             What you do here can be saved with S."
                .into()
        }
        None => "The stage is set. Each step makes the script's next call.".into(),
    }
}

/// What the call is for, and how it went where that is not the usual.
fn of_call(moment: &Moment) -> String {
    let Some(directed) = &moment.call else { return String::new() };
    let name = directed.call.name();
    let summary = match moment.cause {
        Cause::Traced => traced_summary(name),
        _ => call_spec(name).map(|spec| spec.summary).unwrap_or_default(),
    };
    let went = match moment.own.as_ref().map(|own| &own.outcome) {
        Some(Outcome::Blocked(_)) if of_several(moment) => " It has not returned: the thread sleeps in it.",
        Some(Outcome::Blocked(_)) => " It has not returned: the process sleeps in it.",
        Some(Outcome::Error(_)) if moment.changes.is_empty() => " The kernel refused it, and nothing changed.",
        // A flush that fails loses what was kept.
        Some(Outcome::Error(_)) => " The kernel refused it.",
        Some(Outcome::Running) => " It has not come to rest.",
        _ => "",
    };
    match summary {
        "" => format!("{name}:{went}"),
        summary => format!("{name}: {summary}{went}"),
    }
}

/// The process that made the call has several threads.
fn of_several(moment: &Moment) -> bool {
    let process = moment.own.as_ref().and_then(|own| moment.world.process(&own.process));
    process.is_some_and(|process| process.threads.len() > 1)
}

/// A call of a traced program that was told of as blocked has ended; or a signal has come, or a process ended.
fn released(moment: &Moment) -> String {
    let Some(done) = moment.resumed.first() else { return String::new() };
    match (&done.call, &done.outcome) {
        (Some(call), Outcome::Returned(_) | Outcome::Error(_)) => {
            format!("{}: {} It was blocked, and has returned now.", call.name(), traced_summary(call.name()))
        }
        (Some(call), Outcome::Interrupted) => {
            format!("{}: {} A signal has interrupted it.", call.name(), traced_summary(call.name()))
        }
        (Some(call), Outcome::Died(_)) => format!("{}: {}", call.name(), traced_summary(call.name())),
        (_, Outcome::Signal(..)) => format!("A signal has come to {}.", done.process),
        (_, Outcome::Died(_)) => format!("{} has ended.", done.process),
        _ => format!("{} {}", done.process, show_completion(done)),
    }
}

fn without_a_step(moment: &Moment) -> String {
    let mut told = moment.resumed.iter().map(|c| format!("{} {}", c.process, show_completion(c))).peekable();
    if told.peek().is_none() {
        return "Without a step of ours, what the kernel holds has changed.".into();
    }
    format!("Without a step of ours: {}.", told.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Cause;
    use crate::notation::{Call, Completion, Detail, Directed, Seen};
    use crate::world::World;

    fn moment(own: bool, name: &str, outcome: Outcome) -> Moment {
        let call = Call::Seen(Box::new(Seen::new(name, "")));
        let done = Completion { process: "p[7]".into(), call: Some(call.clone()), outcome, detail: Detail::None };
        Moment {
            call: own.then(|| Directed { process: "p[7]".into(), call }),
            own: own.then(|| done.clone()),
            resumed: if own { Vec::new() } else { vec![done] },
            ..Moment::bare(1, Cause::Traced, World::default())
        }
    }

    #[test]
    fn a_call_that_the_notation_lacks_is_described() {
        let said = described(&moment(true, "select", Outcome::Returned(1)));
        assert_eq!(said, "select: Wait until one of several descriptors is ready.");
        let said = described(&moment(false, "epoll_wait", Outcome::Returned(1)));
        assert!(said.starts_with("epoll_wait: Wait until ") && said.ends_with("It was blocked, and has returned now."));
        assert_eq!(described(&moment(true, "getppid", Outcome::Running)), "getppid: It has not come to rest.");
    }

    #[test]
    fn the_end_of_a_program_claims_no_loss() {
        let exit = Call::ExitNow { code: 0 };
        let mut moment = moment(false, "", Outcome::Died(crate::world::Death::Exited(0)));
        moment.resumed[0].call = Some(exit);
        assert!(!described(&moment).contains("lost") && described(&moment).starts_with("_exit: End the process"));
    }
}
