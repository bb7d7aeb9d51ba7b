//! The program on a pseudo-terminal, with a folder of its own for everything that its stages leave on the disk.

use crate::common::family;
use crate::common::tty::Tty;
use crate::folder::Folder;
use nix::sys::termios::{LocalFlags, tcgetattr};
use std::fs::{File, OpenOptions};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::OpenOptionsExt;

pub const SPACE: &str = " ";
pub const END: &str = "\x1b[F";
pub const ESC: &str = "\x1b";
pub const ENTER: &str = "\r";

/// The program, drawn and waiting for keys.
pub struct Program {
    tty: Tty,
    folder: Folder,
    /// The terminal as the program sees it, held open so that its settings can be read after the program's end.
    line: File,
}

impl Program {
    /// Open it at 80x24.
    pub fn open(args: &[&str]) -> Program {
        Program::open_with(args, 80, 24, &[])
    }

    /// Open it at another size, with variables set.
    pub fn open_with(args: &[&str], cols: u16, rows: u16, env: &[(&str, &str)]) -> Program {
        let program = Program::begin(args, cols, rows, env);
        program.tty.wait("the first frame", |screen| screen.contains("pipescope") && screen.contains("parent"));
        program
    }

    /// The same without waiting until it has drawn.
    fn begin(args: &[&str], cols: u16, rows: u16, env: &[(&str, &str)]) -> Program {
        let folder = Folder::new();
        let mut env = env.to_vec();
        env.push(("XDG_RUNTIME_DIR", folder.path().to_str().unwrap()));
        let tty = Tty::start_with(args, cols, rows, &env);
        let line = OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_NOCTTY)
            .open(format!("/proc/{}/fd/0", tty.pid()))
            .unwrap();
        Program { tty, folder, line }
    }

    /// What the screen shows now, with one blank for every run of them.
    pub fn text(&self) -> String {
        squeezed(&self.tty.text())
    }

    /// [`Tty::wait`] on [`Program::text`].
    pub fn wait(&self, what: &str, cond: impl Fn(&str) -> bool) -> String {
        squeezed(&self.tty.wait(what, |screen| cond(&squeezed(screen))))
    }

    /// Wait until the screen shows `text`, however many blanks stand between its words.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// The screen as it is.
    pub fn lines(&self) -> Vec<String> {
        self.tty.text().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Type a call at the prompt, and wait until the prompt is gone.
    pub fn call(&mut self, call: &str) {
        self.send(":");
        self.wait("the prompt", |screen| screen.contains("leave"));
        self.send(call);
        self.wait("what was typed", |screen| screen.contains(call.get(..20).unwrap_or(call)));
        self.send(ENTER);
        self.wait("the end of the prompt", |screen| !screen.contains("leave"));
    }

    /// Everybody on the stage, the warden included.
    pub fn crowd(&self) -> Vec<i32> {
        family::descendants(self.pid())
    }

    /// The pid that the picture shows beside this name.
    pub fn pid_of(&self, name: &str) -> i32 {
        let screen = self.wait_for(&format!("{name} · pid "));
        let (_, rest) = screen.split_once(&format!("{name} · pid ")).unwrap();
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    }

    /// Is the terminal in the mode that a shell leaves it in?
    pub fn line_is_cooked(&self) -> bool {
        let flags = tcgetattr(&self.line).unwrap().local_flags;
        flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
    }

    /// Has the terminal been given back, as of the bytes that came so far?
    pub fn given_back(&self) -> bool {
        let raw = self.raw();
        let last = |what: &[u8]| raw.windows(what.len()).rposition(|w| w == what);
        last(b"\x1b[?1049l") > last(b"\x1b[?1049h")
            && last(b"\x1b[?25h") > last(b"\x1b[?25l")
            && last(b"\x1b[?2004l") > last(b"\x1b[?2004h")
            && self.line_is_cooked()
    }

    /// After the program's end: nobody of `crowd` lives, no file is left, and the terminal is the shell's.
    pub fn left_nothing(&self, crowd: &[i32]) {
        assert!(crowd.len() >= 2, "a warden and a process: {crowd:?}");
        family::wait_for_the_end(crowd);
        self.folder.wait_until_empty();
        // The last bytes may still be on their way.
        self.wait("the terminal to be given back", |_| self.given_back());
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Leave by the key.
    pub fn quit(mut self) {
        let crowd = self.crowd();
        self.send("q");
        assert_eq!(self.exit_code(), 0);
        self.left_nothing(&crowd);
    }
}

/// One blank for every run of them.
fn squeezed(screen: &str) -> String {
    let mut out = String::new();
    for c in screen.chars() {
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out
}

impl Deref for Program {
    type Target = Tty;

    fn deref(&self) -> &Tty {
        &self.tty
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Tty {
        &mut self.tty
    }
}

/// The command line of a session, with the theme said: this terminal does not answer questions about its colours.
pub fn lab() -> Program {
    Program::open(&["lab", "--theme", "dark"])
}

/// A lesson.
pub fn lesson(name: &str) -> Program {
    Program::open(&["lesson", name, "--theme", "dark"])
}
