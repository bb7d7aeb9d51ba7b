//! One run of the program, in a folder of its own, with a limit.

use crate::common::{LIMIT, family};
use crate::folder::Folder;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program, with a folder for what its stages leave on the disk.
pub fn command(args: &[&str], folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipescope"));
    command.args(args).env("XDG_RUNTIME_DIR", folder.path()).env("LANG", "C.UTF-8").env_remove("NO_COLOR");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Wait for its end.
pub fn end_of(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + LIMIT * 3;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("it does not end");
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Run it to its end with `input`; nothing must be left.
pub fn run_with(args: &[&str], input: &[u8]) -> Ran {
    let folder = Folder::new();
    let mut child = command(args, &folder).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It need not read what it is given.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        err.read_to_end(&mut all).unwrap();
        all
    });
    let mut all = Vec::new();
    out.read_to_end(&mut all).unwrap();
    let status = end_of(&mut child);
    writer.join().unwrap();
    folder.wait_until_empty();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), out: text(all), err: text(reader.join().unwrap()) }
}

/// The same without input.
pub fn run(args: &[&str]) -> Ran {
    run_with(args, b"")
}

/// Its output; it must have succeeded.
pub fn good(args: &[&str]) -> String {
    let ran = run(args);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
    ran.out
}

/// After the end of a process: nobody whom it had started lives, and nothing is in its folder.
pub fn nothing_is_left(crowd: &[i32], folder: &Folder) {
    assert!(crowd.len() >= 2, "a warden and a process: {crowd:?}");
    family::wait_for_the_end(crowd);
    folder.wait_until_empty();
}
