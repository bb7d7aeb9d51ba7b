//! What is said of a moment where it is not the lesson's own words, or more than those.

use crate::engine::{Cause, Moment, Script, Session, needs};
use crate::lesson::{Lesson, Variant, builtin};
use crate::notation::{Outcome, call_spec, show_completion};

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
    let mut text = match lesson {
        Some(lesson) => match Script::opens_as(lesson).1 {
            Some(program) => format!("This machine has no {program}: the stage makes its calls. {}", lesson.intro),
            None => lesson.intro.clone(),
        },
        None if session.script().steps.is_empty() => {
            "A process of your own, with nothing but its terminal on 0, 1 and 2. \
             p makes a pipe, f forks, c closes, s sends, r receives; : takes any call, as in `pipe2(O_CLOEXEC)`. \
             What you do here can be saved with S."
                .into()
        }
        None => "The stage is set. Each step makes the script's next call.".into(),
    };
    if let Some(why) = lesson.and_then(needs::lacks) {
        text = format!("{why}.");
    }
    if let Some(variant) = variant.filter(|v| !v.say.is_empty()) {
        text += "\n";
        text += &variant.say;
    }
    text
}

/// What the call is for, and how it went where that is not the usual.
fn of_call(moment: &Moment) -> String {
    let Some(directed) = &moment.call else { return String::new() };
    let summary = call_spec(directed.call.name()).map(|spec| spec.summary).unwrap_or_default();
    let went = match moment.own.as_ref().map(|own| &own.outcome) {
        Some(Outcome::Blocked(_)) => " It has not returned: the process sleeps in it.",
        Some(Outcome::Error(_)) if moment.changes.is_empty() => " The kernel refused it, and nothing changed.",
        // A flush that fails loses what was kept.
        Some(Outcome::Error(_)) => " The kernel refused it.",
        Some(Outcome::Running) => " It has not come to rest.",
        _ => "",
    };
    format!("{}: {summary}{went}", directed.call.name())
}

fn without_a_step(moment: &Moment) -> String {
    let mut told = moment.resumed.iter().map(|c| format!("{} {}", c.process, show_completion(c))).peekable();
    if told.peek().is_none() {
        return "Without a step of ours, what the kernel holds has changed.".into();
    }
    format!("Without a step of ours: {}.", told.collect::<Vec<_>>().join("; "))
}
