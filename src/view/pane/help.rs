//! The help: every key, from the table that dispatches them, and every mark on the screen.

use crate::view::keys::{Group, KEYS};
use crate::view::paint::{Painter, Row, hang};
use unicode_width::UnicodeWidthStr;

/// Marks and words of the screen, with what they mean.
#[rustfmt::skip]
pub const MARKS: &[(&str, &str)] = &[
    ("LIVE", "The newest moment: what the kernel holds now."),
    ("PAST", "A look back at a recorded moment. A call made from here begins the story anew up to it, with new processes."),
    ("▶", "What belongs to the newest step: in the messages, and in the program."),
    ("■", "A call that has not returned: the process sleeps in it (BLOCKED)."),
    ("↳", "A call that was blocked and has now ended, because of another process."),
    ("◆", "End of file: read returned 0, because no write end is open any more and no byte is left."),
    ("✗", "A call that failed, with the error's name; or an expectation that the kernel did not meet."),
    ("✝", "A process ended: by exit, or killed by a signal."),
    ("══▶", "Bytes on their way: from whom, through what, to whom."),
    ("STUCK", "Something waits, and nothing on the stage but the cure can release it."),
    ("WAITS", "Something waits now; another process can release it."),
    ("TRAP", "Nothing is stuck yet, but a later call will hang, fail or be killed."),
];

/// Words of the trade, with what they mean.
#[rustfmt::skip]
pub const GLOSSARY: &[(&str, &str)] = &[
    ("file descriptor", "A small number, the index into a process's own table. It refers to an open file description."),
    ("open file description", "What open or pipe makes in the kernel: flags and position. Copies by fork and dup share it."),
    ("pipe", "A queue of bytes in the kernel with a read end and a write end. No more than its capacity waits in it."),
    ("end of file", "read returns 0: the queue is empty and every write end, in every process, is closed."),
    ("SIGPIPE, EPIPE", "A write to a pipe without any read end: the signal kills; where it is ignored, write fails with EPIPE."),
    ("close-on-exec", "A flag of one descriptor: it is closed when its process runs another program."),
    ("non-blocking", "A flag of the open file description, shared by all copies: instead of sleeping, the call fails with EAGAIN."),
    ("zombie", "A process that has ended and that its parent has not waited for. It holds no descriptor."),
];

/// All lines of the help for a width.
pub fn rows(width: u16, p: &Painter) -> Vec<Row> {
    let mut out = Vec::new();
    for group in Group::ALL {
        heading(&mut out, group.title(), p);
        for row in KEYS.iter().filter(|row| row.group == group) {
            entry(&mut out, &row.key_names(p.glyphs.ascii), row.help, 17, width, p);
        }
    }
    heading(&mut out, "Marks", p);
    for (mark, text) in MARKS {
        entry(&mut out, mark, text, 17, width, p);
    }
    heading(&mut out, "Words", p);
    for (word, text) in GLOSSARY {
        entry(&mut out, word, text, 22, width, p);
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
