//! The table of keys. A row here is all there is to do for a new key, beside acting on it.

use super::{Action, Condition, Group, Key, KeyRow, Mode};
use ratatui::crossterm::event::KeyCode;

const STAGE: &[Mode] = &[Mode::Stage];
/// Whatever the picture is of.
const BOTH: &[Mode] = &[Mode::Stage, Mode::Recorded, Mode::Traced];
/// Where letters are typed into a field.
const FIELDS: &[Mode] = &[Mode::Prompt, Mode::Form, Mode::Jump, Mode::Search, Mode::Until];
const LISTS: &[Mode] = &[Mode::Lessons, Mode::List];
/// Everywhere but where the stage's own terminal gets the keys: there Ctrl-C is a signal for the stage.
const OURS: &[Mode] = &[
    Mode::Stage,
    Mode::Recorded,
    Mode::Traced,
    Mode::Prompt,
    Mode::Form,
    Mode::Jump,
    Mode::Search,
    Mode::Until,
    Mode::Lessons,
    Mode::List,
    Mode::Reader,
    Mode::Confirm,
    Mode::Parting,
];

const fn c(ch: char) -> Key {
    Key::char(ch)
}

const fn k(code: KeyCode) -> Key {
    Key::named(code)
}

/// A row that works on the stage.
const fn on(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    group: Group,
    when: Condition,
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { action, keys, label, help, group, modes: STAGE, when, rank }
}

/// A row that works on the stage and in a saved run.
const fn both(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    group: Group,
    when: Condition,
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { action, keys, label, help, group, modes: BOTH, when, rank }
}

/// A row that works in a saved run.
const fn rec(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    when: Condition,
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { action, keys, label, help, group: Group::Recorded, modes: &[Mode::Recorded, Mode::Traced], when, rank }
}

/// A row for what is seen of a recorded program.
const fn rec_look(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    when: Condition,
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { group: Group::Look, ..rec(action, keys, label, when, rank, help) }
}

/// A row that works while a program is traced.
const fn live(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    when: Condition,
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { action, keys, label, help, group: Group::Traced, modes: &[Mode::Traced], when, rank }
}

/// A row that works in what lies over the stage.
const fn over(
    action: Action,
    keys: &'static [Key],
    label: &'static str,
    modes: &'static [Mode],
    rank: u8,
    help: &'static str,
) -> KeyRow {
    KeyRow { action, keys, label, help, group: Group::Inside, modes, when: Condition::Always, rank }
}

use Action as A;
use Condition as W;
use Group::{Calls, Look, Program, Steps};

/// Every key there is.
#[rustfmt::skip]
pub const KEYS: &[KeyRow] = &[
    on(A::Forward, &[c(' '), k(KeyCode::Right), k(KeyCode::Enter), c('n')], "next", Steps, W::CanForward, 2,
        "Make the next call; in the past, go one step towards the present. Where a question stands, commit to the answer."),
    on(A::Back, &[c('b'), k(KeyCode::Left)], "back", Steps, W::CanBack, 4,
        "Look one step back. Nothing runs backwards: the recorded past is shown, marked PAST."),
    on(A::Answer(0), &[c('1'), c('2'), c('3'), c('4'), c('5'), c('6'), c('7'), c('8'), c('9')], "answer", Steps, W::Question, 1,
        "Lean to an answer of the question that stands."),
    on(A::Live, &[k(KeyCode::End), c('G')], "to LIVE", Steps, W::Past, 3, "Return from the past to the newest moment."),
    both(A::Jump, &[c('g')], "go to", Steps, W::Always, 0, "Go to a step by its number."),
    on(A::Restart, &[c('R')], "restart", Steps, W::Always, 11, "Begin again with new processes."),
    both(A::Play, &[c('a')], "autoplay", Steps, W::Script, 9, "Let the steps go by themselves, or stop that. It waits at a question."),
    both(A::Faster, &[c('+'), c('=')], "faster", Steps, W::Script, 0, "Autoplay: less time between steps."),
    both(A::Slower, &[c('-')], "slower", Steps, W::Script, 0, "Autoplay: more time between steps."),
    on(A::Predict, &[c('P')], "predict", Steps, W::Always, 0, "Predictions: where the lesson asks, before every call, or none."),
    on(A::Task, &[c('C')], "task", Steps, W::Task, 6, "The lesson's task: reach a state by calls of your own, in as few as you can."),
    on(A::Hint, &[c('H')], "hint", Steps, W::InTask, 1, "One hint more for the task."),
    on(A::NextLesson, &[c('>')], "next lesson", Steps, W::Lesson, 0, "Open the next lesson of the course."),
    on(A::Variant, &[c('v')], "variant", Steps, W::Variants, 10, "Switch to the lesson's next variant and begin again."),

    on(A::Prompt, &[c(':')], "call", Calls, W::Always, 5, "Write any call: `child: read(3, 64)`. The selected process needs no name."),
    on(A::Pipe, &[c('p')], "pipe", Calls, W::Ready, 13, "pipe(): create a pipe."),
    on(A::Fork, &[c('f')], "fork", Calls, W::Ready, 14, "fork(): make a child, which gets a copy of the table."),
    on(A::Close, &[c('c')], "close", Calls, W::Ready, 15, "close(fd): give up the selected descriptor."),
    on(A::Send, &[c('s')], "send", Calls, W::Ready, 16, "write(fd, data): send bytes through the selected descriptor."),
    on(A::Receive, &[c('r')], "receive", Calls, W::Ready, 17, "read(fd, count): receive bytes through the selected descriptor."),
    on(A::Dup2, &[c('d')], "dup2", Calls, W::Ready, 0, "dup2(from, to): make one descriptor refer to what another does."),
    on(A::Open, &[c('o')], "open", Calls, W::Ready, 0, "open(path, flags): open a file or a FIFO."),
    on(A::Mkfifo, &[c('M')], "mkfifo", Calls, W::Ready, 0, "mkfifo(path): create a named pipe."),
    on(A::Unlink, &[c('u')], "unlink", Calls, W::Ready, 0, "unlink(path): remove a name."),
    on(A::Fcntl, &[c('F')], "flags", Calls, W::Ready, 0, "fcntl(fd, ...): read or set flags, or a pipe's size."),
    on(A::Signal, &[c('i')], "signal", Calls, W::Ready, 0, "signal(SIG, ignore): say what a signal is to do."),
    on(A::Kill, &[c('K')], "kill", Calls, W::Ready, 0, "kill(process, SIG): send a signal."),
    on(A::Wait, &[c('W')], "wait", Calls, W::Ready, 0, "wait(): wait for a child to end, and reap it."),
    on(A::Exec, &[c('e')], "exec", Calls, W::Ready, 0, "exec([program]): run a program in this process, with this table."),
    on(A::Exit, &[c('x')], "exit", Calls, W::Ready, 18, "exit(code): end the process; the kernel closes all it held."),
    on(A::StartProcess, &[c('N')], "new process", Calls, W::Always, 0, "Start a process that is no relation of the others."),

    rec(A::Forward, &[c(' '), k(KeyCode::Right), k(KeyCode::Enter)], "next", W::CanForward, 2,
        "The moment after this one. After the newest of a traced program: the next call of whoever has waited longest."),
    rec(A::Back, &[c('b'), k(KeyCode::Left)], "back", W::CanBack, 4, "The moment before."),
    rec(A::First, &[k(KeyCode::Home)], "first", W::CanBack, 0, "The first moment of all."),
    rec(A::Live, &[k(KeyCode::End), c('G')], "last", W::Past, 13, "The last moment of all."),
    rec(A::Search, &[c('/')], "search", W::Always, 6, "Look for words in calls, results and data, small letters or capitals."),
    rec(A::FindNext, &[c('n')], "found next", W::Always, 0, "The next moment that has the words."),
    rec(A::FindPrevious, &[c('N')], "found before", W::Always, 0, "The one before that has them."),
    rec(A::NextOfProcess, &[c('.')], "its next", W::Always, 4,
        "The next moment in which the selected process, or thread, has a part. After the newest of a traced program: its next call, before anyone else's."),
    rec(A::PreviousOfProcess, &[c(',')], "its last", W::Always, 0, "The one before in which it has."),
    rec(A::NextEof, &[c('e')], "EOF", W::Always, 10, "Run on to the next end of file."),
    rec(A::PreviousEof, &[c('E')], "EOF before", W::Always, 0, "Back to the end of file before."),
    rec(A::NextEpipe, &[c('p')], "EPIPE", W::Always, 11, "Run on to the next EPIPE or SIGPIPE: a write that finds no reader."),
    rec(A::PreviousEpipe, &[c('P')], "EPIPE before", W::Always, 0, "Back to the one before."),
    rec(A::NextBlocked, &[c('h')], "block", W::Always, 9, "Run on to the next call that blocks (hangs)."),
    rec(A::PreviousBlocked, &[c('H')], "block before", W::Always, 0, "Back to the one before."),
    rec(A::Filter, &[c('f')], "filter", W::Always, 14, "Show only the messages of one process or one pipe."),

    live(A::Go, &[c('r')], "run", W::Running, 3, "Let everybody run, at full speed; again: everybody waits at the next call."),
    live(A::Until, &[c('u')], "until", W::Running, 4,
        "Run until something comes about, or just before a call: `eof`, `write fd=4`, `read process=4243 data=\"quit\"`."),
    live(A::Restart, &[c('R')], "restart", W::Always, 11, "Begin the program again."),
    live(A::Others, &[c('o')], "others", W::Running, 0, "While one process or thread makes its next call (.), the others are held, or run."),
    live(A::Save, &[c('S')], "save", W::Always, 0, "Keep the run up to its newest moment in a file, for `pipescope open`."),
    live(A::TerminalInput, &[c('t')], "type", W::Running, 7, "Type into the program's terminal, until Esc; until Ctrl-] where the program takes every key, as an editor does."),

    both(A::NextProcess, &[k(KeyCode::Tab)], "process", Look, W::Processes, 12, "Select the next process."),
    both(A::PreviousProcess, &[k(KeyCode::BackTab)], "process", Look, W::Processes, 0, "Select the process before."),
    rec_look(A::NextThread, &[c('i')], "thread", W::Threads, 3,
        "Select the next thread of the selected process, to let that one go (.); after its last, the process as a whole."),
    rec_look(A::PreviousThread, &[c('I')], "thread", W::Threads, 0, "Select the thread before."),
    both(A::FdUp, &[k(KeyCode::Up), c('k')], "fd", Look, W::Always, 0, "Select the descriptor above."),
    both(A::FdDown, &[k(KeyCode::Down), c('j')], "fd", Look, W::Always, 0, "Select the descriptor below."),
    both(A::StageUp, &[c('[')], "stage up", Look, W::Always, 0, "Scroll the picture up."),
    both(A::StageDown, &[c(']')], "stage down", Look, W::Always, 0, "Scroll the picture down."),
    both(A::MessagesUp, &[k(KeyCode::PageUp)], "messages up", Look, W::Always, 0, "Scroll the messages up; the terminal, where it alone is shown."),
    both(A::MessagesDown, &[k(KeyCode::PageDown)], "messages down", Look, W::Always, 0, "Scroll them down."),
    both(A::Follow, &[c('m')], "follow", Look, W::Always, 0, "Let them follow the newest line again."),
    on(A::Filter, &[c('/')], "filter", Look, W::Always, 0, "Show only the messages of one process or one pipe."),
    both(A::Why, &[c('w')], "why", Look, W::Always, 6, "Why, at length: who holds which end, since which call, and what would cure it."),
    both(A::Zoom, &[c('z')], "zoom", Look, W::Always, 0, "Give one pane after the other the whole screen, then all of them again."),
    both(A::Language, &[c('L')], "language", Look, W::Languages, 0, "Show the program in the next language."),
    both(A::Theme, &[c('T')], "theme", Look, W::Always, 0, "Next theme: dark, light, contrast, okabe-ito, plain."),
    both(A::Ascii, &[c('A')], "ascii", Look, W::Always, 0, "Draw with plain ASCII, or with line and arrow characters."),

    both(A::Present, &[c('V')], "present", Look, W::Always, 0, "The layout for a projector, or the usual one: fewer panes, the last key shown, an answer judged only at Enter."),
    both(A::Blank, &[c('B')], "blank", Look, W::Always, 0, "A blank screen, until the next key."),

    on(A::Lessons, &[c('l')], "lessons", Program, W::Always, 7, "Choose a lesson."),
    on(A::Compare, &[c('X')], "compare", Program, W::Always, 0, "Pipes or sockets: each tried on the kernel, in one table; Enter there opens the proof of a cell."),
    on(A::Trace, &[c('E')], "real program", Program, W::Program, 9, "Run the program that is shown, for real, traced call by call; q there leads back."),
    on(A::TerminalInput, &[c('t')], "type", Program, W::Always, 0, "Type into the stage's terminal, until Esc."),
    on(A::Save, &[c('S')], "save", Program, W::Always, 0, "Save everything done so far as a script."),
    both(A::Help, &[c('?'), k(KeyCode::F(1))], "help", Program, W::Always, 8, "Every key and every mark on the screen."),
    both(A::Quit, &[c('q')], "quit", Program, W::Always, 8, "End the program and every process of the stage, or the program that is traced."),
    KeyRow { action: A::Quit, keys: &[Key::ctrl('c')], label: "quit", group: Program, modes: OURS, when: W::Always, rank: 0,
        help: "The same, from anywhere but a terminal that is typed into." },
    KeyRow { action: A::Suspend, keys: &[Key::ctrl('z')], label: "suspend", group: Program, modes: OURS, when: W::Always, rank: 0,
        help: "Go back to the shell; `fg` returns here." },

    over(A::Submit, &[k(KeyCode::Enter)], "do it", FIELDS, 1, "Take what is written."),
    over(A::Submit, &[k(KeyCode::Enter)], "choose", LISTS, 1, "Take what is chosen."),
    over(A::Submit, &[c('y'), k(KeyCode::Enter)], "yes", &[Mode::Confirm, Mode::Parting], 1, "Yes."),
    over(A::LetLive, &[c('l')], "let it live on", &[Mode::Parting], 2, "Trace the program no more; it goes on without us."),
    over(A::Cancel, &[k(KeyCode::Esc), c('n')], "no", &[Mode::Confirm, Mode::Parting], 3, "No."),
    over(A::Cancel, &[k(KeyCode::Esc)], "leave", &[Mode::Prompt, Mode::Form, Mode::Jump, Mode::Search, Mode::Until, Mode::Lessons, Mode::List], 4, "Leave it as it was."),
    over(A::Cancel, &[k(KeyCode::Esc), c('q'), c('?'), c('w'), c(' ')], "back", &[Mode::Reader], 1, "Stop reading."),
    over(A::Complete, &[k(KeyCode::Tab)], "complete", &[Mode::Prompt], 2, "Complete the word: a process, a call, a descriptor, a flag."),
    over(A::Older, &[k(KeyCode::Up)], "earlier", &[Mode::Prompt], 3, "An earlier line."),
    over(A::Newer, &[k(KeyCode::Down)], "later", &[Mode::Prompt], 0, "A later line."),
    over(A::NextField, &[k(KeyCode::Tab), k(KeyCode::Down)], "next field", &[Mode::Form], 2, "The next field of a form."),
    over(A::PreviousField, &[k(KeyCode::BackTab), k(KeyCode::Up)], "field before", &[Mode::Form], 0, "The field before."),
    over(A::ScrollUp, &[k(KeyCode::Up)], "up", &[Mode::Reader, Mode::Lessons, Mode::List], 2, "Up one line."),
    over(A::ScrollDown, &[k(KeyCode::Down)], "down", &[Mode::Reader, Mode::Lessons, Mode::List], 2, "Down one line."),
    over(A::PageUp, &[k(KeyCode::PageUp)], "page up", &[Mode::Reader, Mode::Lessons, Mode::List], 0, "Up one page."),
    over(A::PageDown, &[k(KeyCode::PageDown)], "page down", &[Mode::Reader, Mode::Lessons, Mode::List], 3, "Down one page."),
    KeyRow { action: A::LeaveTerminal, keys: &[k(KeyCode::Esc)], label: "back",
        group: Group::Inside, modes: &[Mode::Terminal], when: W::Lines, rank: 1,
        help: "Stop typing into the terminal. Every other key goes there, Ctrl-C and Ctrl-D too; and Esc where a program takes key by key, as vim, less and bash do." },
    KeyRow { action: A::LeaveTerminal, keys: &[Key::ctrl(']')], label: "back",
        group: Group::Inside, modes: &[Mode::Terminal], when: W::Always, rank: 2,
        help: "Stop typing into the terminal, in any case." },
];
