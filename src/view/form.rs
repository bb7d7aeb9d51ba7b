//! Forms: labelled fields with likely values, made into one line of the notation, so that one path makes every call.

use crate::view::Selection;
use crate::view::keys::Action;
use crate::world::{Access, FdNumber, Process, World};
use tui_input::{Input, InputRequest};

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What it is: `fd`, `data`.
    pub label: &'static str,
    /// What may stand in it.
    pub hint: &'static str,
    /// What stands in it.
    pub input: Input,
}

/// A form for one call of one process.
#[derive(Debug, Clone)]
pub struct Form {
    /// The key's action.
    pub action: Action,
    /// The call's name: `write`.
    pub call: &'static str,
    /// Who makes it.
    pub process: String,
    /// The arguments.
    pub fields: Vec<Field>,
    /// The field that is written in.
    pub focus: usize,
}

/// What a direct key comes to.
#[derive(Debug, Clone)]
pub enum Direct {
    /// A line, complete.
    Line(String),
    /// Something has to be asked first.
    Form(Form),
    /// It cannot be; why.
    Refuse(String),
}

/// What the key of `action` comes to for what is selected; `None` where the action is no direct call.
pub fn direct(action: Action, world: &World, selection: &Selection) -> Option<Direct> {
    let spec = spec(action)?;
    if action == Action::StartProcess {
        return Some(Direct::Form(build(action, &spec, "stage", world, None, selection)));
    }
    let Some(process) = selection.process.as_deref().and_then(|n| world.process(n)) else {
        return Some(Direct::Refuse("no process is selected: Tab selects one, N starts one".into()));
    };
    let at_once = spec.fields.is_empty() || (action == Action::Close && selection.fd.is_some());
    let form = build(action, &spec, &process.name, world, Some(process), selection);
    Some(if at_once { Direct::Line(form.line()) } else { Direct::Form(form) })
}

/// What a field begins with.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// The selected descriptor, or the first likely one.
    Fd(Likely),
    /// A text.
    Text(&'static str),
    /// A name that is free.
    NewName(&'static str),
    /// Another process.
    Other,
}

/// Which descriptor is the likely one.
#[derive(Debug, Clone, Copy)]
enum Likely {
    Any,
    Reads,
    Writes,
}

struct Spec {
    call: &'static str,
    fields: &'static [(&'static str, &'static str, Start)],
}

#[rustfmt::skip]
fn spec(action: Action) -> Option<Spec> {
    use Start::{Fd, NewName, Other, Text};
    const HINT_FD: &str = "a number, open or not";
    let (call, fields): (&'static str, &'static [(&'static str, &'static str, Start)]) = match action {
        Action::Pipe => ("pipe", &[]),
        Action::Fork => ("fork", &[]),
        Action::Wait => ("wait", &[]),
        Action::Close => ("close", &[("fd", HINT_FD, Fd(Likely::Any))]),
        Action::Send => ("write", &[("fd", HINT_FD, Fd(Likely::Writes)), ("data", "text, or in the notation: \"x\" * 65536", Text("hello"))]),
        Action::Receive => ("read", &[("fd", HINT_FD, Fd(Likely::Reads)), ("count", "at the most so many bytes", Text("64"))]),
        Action::Dup2 => ("dup2", &[("from", "the one that is copied", Fd(Likely::Any)), ("to", "the number the copy gets", Text("1"))]),
        Action::Open => ("open", &[("path", "in the stage's own folder", Text("fifo")), ("flags", "O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_NONBLOCK", Text("O_RDONLY"))]),
        Action::Mkfifo => ("mkfifo", &[("path", "in the stage's own folder", Text("fifo")), ("mode", "octal", Text("0600"))]),
        Action::Unlink => ("unlink", &[("path", "in the stage's own folder", Text("fifo"))]),
        Action::Fcntl => ("fcntl", &[("fd", HINT_FD, Fd(Likely::Any)), ("command", "F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_GETPIPE_SZ, F_SETPIPE_SZ, F_DUPFD", Text("F_SETFL")), ("argument", "O_NONBLOCK, FD_CLOEXEC, 0, bytes; empty for F_GET...", Text("O_NONBLOCK"))]),
        Action::Signal => ("signal", &[("signal", "SIGPIPE, SIGINT, SIGTERM, SIGUSR1, SIGCHLD", Text("SIGPIPE")), ("to do", "ignore or default", Text("ignore"))]),
        Action::Kill => ("kill", &[("process", "a name on the stage, or a pid", Other), ("signal", "SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGPIPE", Text("SIGTERM"))]),
        Action::Exec => ("exec", &[("program", "with its arguments: wc -l", Text("cat"))]),
        Action::Exit => ("exit", &[("code", "0 to 255", Text("0"))]),
        Action::StartProcess => ("start", &[("name", "letters, digits, - and _", NewName("stranger"))]),
        _ => return None,
    };
    Some(Spec { call, fields })
}

fn build(
    action: Action,
    spec: &Spec,
    name: &str,
    world: &World,
    process: Option<&Process>,
    selection: &Selection,
) -> Form {
    let field = |(label, hint, start): &(&'static str, &'static str, Start)| {
        let text = match start {
            Start::Text(text) => text.to_string(),
            Start::Fd(likely) => {
                process.and_then(|p| likely_fd(p, *likely, selection)).map_or(String::new(), |n| n.to_string())
            }
            Start::NewName(stem) => free_name(world, stem),
            Start::Other => {
                world.living().find(|p| p.name != name).map_or_else(|| name.to_string(), |p| p.name.clone())
            }
        };
        Field { label, hint, input: Input::new(text) }
    };
    let fields: Vec<Field> = spec.fields.iter().map(field).collect();
    // With the descriptor given by the selection, the next field is the one to write in.
    let focus = usize::from(fields.len() > 1 && matches!(spec.fields.first(), Some((_, _, Start::Fd(_)))));
    Form { action, call: spec.call, process: name.to_string(), fields, focus }
}

fn likely_fd(process: &Process, likely: Likely, selection: &Selection) -> Option<FdNumber> {
    let fits = |access: Access| match likely {
        Likely::Any => true,
        Likely::Reads => access.reads(),
        Likely::Writes => access.writes(),
    };
    // A pipe's end before the terminal, which every process has.
    let best = || process.fds.iter().find(|f| f.number > 2 && fits(f.access)).map(|f| f.number);
    selection.fd.or_else(best).or_else(|| process.fds.iter().find(|f| fits(f.access)).map(|f| f.number))
}

fn free_name(world: &World, stem: &str) -> String {
    let taken = |name: &str| world.processes.iter().any(|p| p.name == name);
    if !taken(stem) {
        return stem.to_string();
    }
    (2..).map(|n| format!("{stem}{n}")).find(|name| !taken(name)).unwrap_or_else(|| stem.to_string())
}

impl Form {
    /// The line it makes: `parent: write(4, "hello")`.
    pub fn line(&self) -> String {
        let values: Vec<String> = self.fields.iter().map(|f| self.argument(f)).filter(|v| !v.is_empty()).collect();
        format!("{}: {}({})", self.process, self.call, values.join(", "))
    }

    fn argument(&self, field: &Field) -> String {
        let text = field.input.value();
        match field.label {
            "data" | "path" => quoted(text),
            "program" if !text.trim_start().starts_with('[') => {
                let words: Vec<String> = text.split_whitespace().map(quoted).collect();
                format!("[{}]", words.join(", "))
            }
            _ => text.trim().to_string(),
        }
    }

    /// Go on by `by` fields, round and round.
    pub fn move_focus(&mut self, by: isize) {
        let len = self.fields.len().max(1);
        let step = if by < 0 { len - 1 } else { 1 };
        self.focus = (self.focus + step) % len;
    }

    /// Change the field that is written in.
    pub fn edit(&mut self, request: InputRequest) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.input.handle(request);
        }
    }
}

/// A text as a literal of the notation; what begins with a quote is one already.
fn quoted(text: &str) -> String {
    if text.trim_start().starts_with('"') {
        return text.trim().to_string();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
