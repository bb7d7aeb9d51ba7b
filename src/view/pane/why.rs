//! Why: what is blocked or dangerous now, and what would cure it; short in its pane, long on a key.

use crate::explain::{Finding, Severity, descriptor};
use crate::view::paint::{Painter, Row, hang};
use crate::view::{Say, Scene};
use crate::world::{BlockedIn, Pid, Process, Target};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The pane's lines, without its rule, for a width.
pub fn rows(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let mut rows = selected(scene, width, p);
    rows.extend(if asks(scene) { withheld(width, p) } else { gravest(scene, width, p) });
    rows
}

/// The descriptor that is selected, and where it came from.
fn selected(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let (world, selection) = (&scene.moment.world, &scene.ui.selection);
    let process = selection.process.as_deref().and_then(|name| world.process(name));
    let fd = process.zip(selection.fd).and_then(|(process, number)| Some((process, process.fd(number)?)));
    let Some((process, fd)) = fd else { return Vec::new() };
    hang(vec![(" ▸ ".into(), p.theme.title)], &descriptor(world, process, fd), p.theme.text, width)
}

/// A question stands. What is blocked or dangerous would give its answer away.
fn asks(scene: &Scene) -> bool {
    matches!(scene.say, Say::Question { .. })
}

fn withheld(width: u16, p: &Painter) -> Vec<Row> {
    hang(vec![(" ".into(), p.theme.text)], "Answer first; w tells all of it now.", p.theme.text, width)
}

/// What matters most, and what would cure it.
fn gravest(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let indent = || vec![(" ".to_string(), p.theme.text)];
    if let Some(check) = scene.moment.checks.iter().find(|c| !c.met) {
        let text = format!("The lesson expected: {}. The kernel did: {}.", check.expect, check.got);
        return hang(vec![(" ✗ NOT AS EXPECTED ".into(), p.theme.danger)], &text, p.theme.text, width);
    }
    let Some(finding) = scene.moment.findings.first() else {
        return hang(indent(), &nothing_found(scene), p.theme.text, width);
    };
    let (word, style) = severity(finding.severity, p);
    let mut rows = hang(indent(), &format!("{word}  {}", finding.text), p.theme.text, width);
    // The word stands out; the sentence is wrapped with it, so that no column is lost to it.
    if let Some(first) = rows.first_mut()
        && let Some((text, _)) = first.pop()
    {
        let rest = text.strip_prefix(word).unwrap_or("").trim_start().to_string();
        first.extend([(word.to_string(), style), (format!(" {rest}"), p.theme.text)]);
    }
    if !finding.fix.is_empty() {
        let fix = finding.fix.lines().collect::<Vec<_>>().join("; ");
        rows.extend(hang(vec![(format!(" {}: ", cure(scene, finding)), p.theme.good)], &fix, p.theme.text, width));
    }
    rows
}

/// A process may wait without a finding, as a program does for its terminal.
fn nothing_found(scene: &Scene) -> String {
    let blocked = || scene.moment.world.living().filter_map(|process| Some((process, process.state.blocked_in()?)));
    let elsewhere = blocked().find(|(_, at)| WAKERS_UNKNOWN.contains(&at.call.as_str()));
    match elsewhere {
        Some((process, at)) if at.call == "sleep" && scene.recorded.is_some() => {
            format!("{} sleeps for a time. No trap is set.", process.name)
        }
        Some((process, at)) if scene.recorded.is_some() => format!(
            "{} sleeps in {}: who would wake it is not told here. pipescope why {} looks further.",
            process.name, at.call, process.pid
        ),
        _ if blocked().next().is_some() => "No trap is set, and no process keeps another waiting.".to_owned(),
        _ => match sleeper(scene) {
            Some((process, tid, at)) => format!(
                "Thread {tid} of {} sleeps in {}, and others of it do not. No trap is set.",
                process.name, at.call
            ),
            None => "Nothing waits, and no trap is set.".to_owned(),
        },
    }
}

/// A thread that sleeps where its process does not: the one that came to it last, else the first that does not wait for another.
fn sleeper<'s>(scene: &Scene<'s>) -> Option<(&'s Process, Pid, &'s BlockedIn)> {
    let all = || {
        let with = |p: &'s Process| p.sleepers().map(move |(tid, at)| (p, tid, at));
        scene.moment.world.living().flat_map(with)
    };
    let newest = scene.moment.traced.and_then(|traced| all().find(|(_, tid, _)| *tid == traced.thread));
    newest.or_else(|| all().find(|(.., at)| at.call != "futex"))
}

/// Calls that wait for what no picture shows.
const WAKERS_UNKNOWN: [&str; 12] = [
    "flock",
    "fcntl",
    "futex",
    "msgsnd",
    "msgrcv",
    "semop",
    "semtimedop",
    "io_uring_enter",
    "sigtimedwait",
    "sigsuspend",
    "pause",
    "sleep",
];

/// The word for a severity, and its look.
pub fn severity(severity: Severity, p: &Painter) -> (&'static str, Style) {
    match severity {
        Severity::Note => ("NOTE", p.theme.title),
        Severity::Warning => ("TRAP", p.theme.warning),
        Severity::Waiting => ("WAITS", p.theme.warning),
        Severity::Stuck => ("STUCK", p.theme.danger),
    }
}

/// What there is to say, where it is one short line and nothing of weight: it can stand in the pane's rule.
pub fn in_its_rule(scene: &Scene, width: u16, p: &Painter) -> Option<String> {
    let grave = !scene.moment.findings.is_empty() || scene.moment.checks.iter().any(|check| !check.met);
    if grave && !asks(scene) {
        return None;
    }
    let [row] = &rows(scene, width, p)[..] else { return None };
    let text: String = row.iter().map(|(text, _)| text.as_str()).collect();
    // The heading and the ends of the rule.
    (text.chars().count() + 10 <= usize::from(width)).then(|| format!("why: {}", text.trim().trim_end_matches('.')))
}

/// Draw the pane with its rule.
pub fn render(scene: &Scene, area: Rect, p: &mut Painter) {
    if area.height < 2 {
        if let Some(heading) = in_its_rule(scene, area.width, p).filter(|_| area.height == 1) {
            p.rule(area, area.y, &heading, "");
        }
        return;
    }
    let rows = rows(scene, area.width, p);
    let inner = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let more = scene.moment.findings.len().saturating_sub(1);
    let cut = rows.len() > usize::from(inner.height);
    let right = match (more, cut) {
        _ if asks(scene) => String::new(),
        (0, false) => String::new(),
        (0, true) => "w: all of it".to_string(),
        (n, _) => format!("{n} more · w: all"),
    };
    p.rule(area, area.y, "why", &right);
    p.rows(inner, &rows);
}

/// The long form of every finding.
pub fn long(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let mut out = Vec::new();
    for finding in &scene.moment.findings {
        out.extend(long_one(scene, finding, width, p));
        out.push(Vec::new());
    }
    if out.is_empty() {
        out.extend(hang(vec![(" ".into(), p.theme.text)], &nothing_found(scene), p.theme.text, width));
        out.push(Vec::new());
    }
    out.push(vec![(" Who holds what, and since which call".into(), p.theme.title)]);
    out.extend(holders(scene, width, p));
    out
}

/// Every descriptor that is not the terminal's, with where it came from.
fn holders(scene: &Scene, width: u16, p: &Painter) -> Vec<Row> {
    let world = &scene.moment.world;
    let mut out = Vec::new();
    for process in &world.processes {
        for fd in process.fds.iter().filter(|fd| fd.target != Target::Terminal) {
            out.extend(hang(vec![("  • ".into(), p.theme.text)], &descriptor(world, process, fd), p.theme.text, width));
        }
    }
    if out.is_empty() {
        out.extend(hang(
            vec![("  ".into(), p.theme.text)],
            "Nobody holds anything but the terminal.",
            p.theme.text,
            width,
        ));
    }
    out
}

/// What to call the cure: whoever is asleep in a call cannot make another, but one can go back and have it made before.
fn cure(scene: &Scene, finding: &Finding) -> &'static str {
    if finding.fix_now(&scene.moment.world) { "cure" } else { "cure, b: before it blocks" }
}

fn long_one(scene: &Scene, finding: &Finding, width: u16, p: &Painter) -> Vec<Row> {
    let (word, style) = severity(finding.severity, p);
    let mut out = vec![vec![(format!(" {word} "), style), (finding.rule.clone(), p.theme.title)]];
    out.extend(hang(vec![("  ".into(), p.theme.text)], &finding.text, p.theme.text, width));
    for paragraph in &finding.long {
        out.extend(hang(vec![("  • ".into(), p.theme.text)], paragraph, p.theme.text, width));
    }
    for line in finding.fix.lines() {
        let lead = format!("  {}: ", cure(scene, finding));
        out.extend(hang(vec![(lead, p.theme.good)], line, p.theme.title, width));
    }
    out
}
