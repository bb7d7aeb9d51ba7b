//! Bytes are data, never orders: nothing a process wrote reaches the terminal unescaped.

use crate::program::{ENTER, ESC, Program};

/// Whether these bytes came from the program at any time.
fn came(raw: &[u8], bytes: &[u8]) -> bool {
    raw.windows(bytes.len()).any(|w| w == bytes)
}

/// The title of a window, the clipboard, a question that the terminal answers, the bell: none has a place in our output.
fn assert_tame(program: &Program) {
    let raw = program.raw();
    for (name, bytes) in [
        ("an operating system command", &b"\x1b]"[..]),
        ("a device control string", b"\x1bP"),
        ("a bell", b"\x07"),
        ("a full reset", b"\x1bc"),
        ("a cursor report", b"\x1b[6n"),
        ("everything cleared", b"\x1b[2J"),
        ("a control of the eight-bit set", "\u{9b}".as_bytes()),
        ("a letter of another direction", "\u{202e}".as_bytes()),
    ] {
        assert!(!came(&raw, bytes), "{name} came through");
    }
}

const EVIL: &str = r"\x1b]0;x\x07\x1b[2J\x1bc\x1b[6n\x1bPq\x1b\\\xc2\x9b2J\xe2\x80\xae";

fn open() -> Program {
    Program::open_with(&["lab", "--theme", "dark"], 120, 36, &[])
}

#[test]
fn written_to_a_pipe() {
    let mut program = open();
    program.send("p");
    program.wait_for("parent pipe([3, 4]) = 0");
    program.call(&format!("write(4, \"{EVIL}\")"));
    program.wait_for(r#"write(4, "\033]0;x\a\033[2J"#);
    program.wait_for("waits");
    program.call("read(3, 64)");
    program.wait_for(r#"read(3, "\033]0;x\a\033[2J"#);
    assert_tame(&program);
    program.quit();
}

#[test]
fn written_to_the_stage_s_terminal() {
    let mut program = open();
    program.call("write(1, \"before the storm\\n\")");
    program.wait_for("before the storm");
    program.call(&format!("write(1, \"{EVIL}\\nand after\\n\")"));
    program.wait_for("write(1, \"\\033]0;x");
    // Every pane in turn on the whole screen, the terminal's among them.
    for _ in 0..3 {
        program.send("z");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    program.call("write(1, \"the last line\\n\")");
    // Not as an argument among the messages: as a line of the terminal.
    program.wait("the terminal's last line", |screen| screen.replace("\"the last line", "").contains("the last line"));
    assert_tame(&program);
    program.send("q");
    assert_eq!(program.exit_code(), 0);
}

#[test]
fn in_names_and_arguments() {
    let mut program = open();
    program.call(r#"mkfifo("a\x1b]0;x\x07b")"#);
    program.wait_for("mkfifo(");
    program.call(r#"open("a\x1b]0;x\x07b", O_RDWR)"#);
    program.wait_for("open(");
    program.call(r#"exec("echo", "\x1b]0;x\x07")"#);
    program.wait_for("exec");
    assert_tame(&program);
    program.send("q");
    assert_eq!(program.exit_code(), 0);
}

#[test]
fn pasted_into_the_prompt() {
    let mut program = open();
    program.send(":");
    program.wait_for("Esc leave");
    program.send("\x1b[200~clo\x07\u{9b}se\x1b]0;x\x07(9)\x1b[201~");
    program.wait_for("clo");
    program.send(ENTER);
    program.send(ESC);
    program.wait("the prompt to close", |screen| !screen.contains("Esc leave"));
    assert_tame(&program);
    program.send("q\x03");
    assert_eq!(program.exit_code(), 0);
}

/// Several lines at once are so many calls, up to the one that is none.
#[test]
fn pasted_lines_are_calls() {
    let mut program = open();
    program.send(":");
    program.wait_for("Esc leave");
    program
        .send("\x1b[200~parent: pipe()\r# the child\rparent: fork(child)\rchild: klose(4)\rchild: close(3)\r\x1b[201~");
    program.wait("two calls, and the third line", |screen| {
        screen.contains("step 2") && screen.contains("klose(4)") && screen.contains("Esc leave")
    });
    program.send(ESC);
    program.wait("the prompt to close", |screen| !screen.contains("Esc leave"));
    program.send("q\x03");
    assert_eq!(program.exit_code(), 0);
}
