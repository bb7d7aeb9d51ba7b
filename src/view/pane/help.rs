//! The help: every key, from the table that dispatches them, and every mark on the screen.

use crate::explain::glossary::TERMS;
use crate::view::keys::{Condition, Group, KEYS, KeyContext, KeyRow, Mode};
use crate::view::paint::{Painter, Row, hang};
use unicode_width::UnicodeWidthStr;

/// Marks and words of the screen, with what they mean.
#[rustfmt::skip]
pub const MARKS: &[(&str, &str)] = &[
    ("LIVE", "The newest moment: what the kernel holds now."),
    ("PAST", "A look back at a recorded moment. On a stage a call made from here begins the story anew up to it, with new processes."),
    ("RECORDED", "A run that was saved: everything can be looked at, nothing be called."),
    ("HELD", "A traced program: everybody waits at the call that stands behind `next:`. WAITING: nobody has come to one yet. RUNNING: nobody is held."),
    ("▶", "What belongs to the newest step: in the messages, and in the program."),
    ("■", "A call that has not returned: the process sleeps in it (BLOCKED)."),
    ("↳", "A call that was blocked and has now ended, because of another process."),
    ("◆", "End of file: read returned 0, because no write end is open any more and no byte is left."),
    ("✗", "A call that failed, with the error's name; or an expectation that the kernel did not meet."),
    ("✝", "A process ended: by exit, or killed by a signal."),
    ("->", "Bytes on their way: from whom, through what, to whom."),
    ("▸", "What is selected: the keys act on it."),
    ("+", "New since the last step. `~`: not what it was. `×`: closed, or gone; shown struck out for one step."),
    ("free", "Numbers of the table that no descriptor has: the next one made takes the lowest."),
    ("cx, nb", "Short for cloexec (closed by exec) and nonblock (a call fails with EAGAIN instead of waiting)."),
    ("r, w, rw", "Short for read end, write end, both: r3 is descriptor 3, a read end."),
    ("█░", "How full a pipe is, of its capacity. FULL: a write waits for room."),
    ("also:", "A holder that is no process of the stage, or is not traced."),
    ("?", "It could not be read; the reason stands behind it. `+?`: so many at least, for not every table could be read."),
    ("own memory", "What printf keeps in the process. The kernel does not see it, and fork copies it."),
    ("╡══▶", "A write end and its line: bytes flow into the pipe."),
    ("├──▶", "A read end and its line: bytes flow out of the pipe."),
    ("◀══▶", "A socket and its line: bytes go both ways."),
    ("◀ ▶ ▲ ▼", "In the box of a connection, one socket above the other: what the other end sent and nobody has read yet, and whereto it goes."),
    ("STUCK", "Something waits, and nothing that is shown but the cure can release it."),
    ("WAITS", "Something waits now; another process can release it."),
    ("TRAP", "Nothing is stuck yet, but a later call will hang, fail or be killed."),
    ("NOTE", "Worth knowing: an end that is not needed, a child not waited for. It also says when it is over."),
];

/// All lines of the help for a width; of a recorded run only the keys that it has.
pub fn rows(context: &KeyContext, width: u16, p: &Painter) -> Vec<Row> {
    let own = match (context.traced, context.recorded) {
        (true, _) => Mode::Traced,
        (_, true) => Mode::Recorded,
        _ => Mode::Stage,
    };
    let has = |row: &KeyRow| match (own, row.group) {
        (Mode::Stage, _) => true,
        (_, Group::Inside) => row.modes.iter().any(|mode| own.leads_to(*mode)),
        // Whether there are several languages is known from the start.
        _ => row.modes.contains(&own) && (row.when != Condition::Languages || context.languages),
    };
    let mut out = Vec::new();
    for group in Group::ALL {
        let keys: Vec<&KeyRow> = KEYS.iter().filter(|row| row.group == group && has(row)).collect();
        if keys.is_empty() {
            continue;
        }
        heading(&mut out, group.title(), p);
        for row in keys {
            entry(&mut out, &row.key_names(p.glyphs.ascii), row.help, 17, width, p);
        }
    }
    heading(&mut out, "Marks", p);
    for (mark, text) in MARKS {
        entry(&mut out, mark, text, 17, width, p);
    }
    heading(&mut out, "Words", p);
    for term in TERMS {
        let text = format!("{} ({}; lesson {})", term.meaning, term.man, term.lesson);
        entry(&mut out, term.term, &text, 22, width, p);
    }
    out
}

fn heading(out: &mut Vec<Row>, text: &str, p: &Painter) {
    if !out.is_empty() {
        out.push(Vec::new());
    }
    out.push(vec![(format!(" {text}"), p.theme.title)]);
}

fn entry(out: &mut Vec<Row>, name: &str, text: &str, column: usize, width: u16, p: &Painter) {
    let pad = column.saturating_sub(name.width()).max(1);
    let lead = vec![("  ".into(), p.theme.text), (name.to_string(), p.theme.title), (" ".repeat(pad), p.theme.text)];
    out.extend(hang(lead, text, p.theme.text, width));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::paint::Reach;
    use crate::view::sample::Stand;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn help(context: &KeyContext) -> String {
        let stand = Stand::new();
        let mut buf = Buffer::empty(Rect::new(0, 0, 100, 1));
        let theme = &stand.ui.theme;
        let p = Painter { buf: &mut buf, theme, glyphs: stand.ui.glyphs, reach: Reach::default() };
        let lines = rows(context, 300, &p);
        let line = |row: &Row| row.iter().map(|(text, _)| text.as_str()).collect::<String>() + "\n";
        lines.iter().map(line).collect()
    }

    #[test]
    fn of_a_traced_program_only_keys_that_do_something_are_listed() {
        let stand = Stand::new();
        let stage = KeyContext::of(&stand.scene());
        let traced = KeyContext { traced: true, recorded: true, languages: false, ..stage };
        let (of_stage, of_traced) = (help(&stage), help(&traced));
        for only_there in ["in the next language", "Complete the word", "The next field of a form", "An earlier line"] {
            assert!(of_stage.contains(only_there), "{only_there}");
            assert!(!of_traced.contains(only_there), "{only_there}");
        }
        for both in
            ["End the program", "Leave it as it was", "Stop typing into the terminal", "Begin the program again"]
        {
            assert!(of_traced.contains(both), "{both}");
        }
        assert!(help(&KeyContext { languages: true, ..traced }).contains("in the next language"));
    }
}
