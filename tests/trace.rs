//! `trace` on real programs: they do what they do untraced, and the story that is told is what they say they did.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
mod tracing {
    pub mod calls;
    pub mod ends;
    pub mod killed;
    pub mod lines;
    pub mod memory;
    pub mod same;
    pub mod screen;
    pub mod story;
    pub mod strace;
    pub mod system_v;
    pub mod threads;
}

use folder::Folder;
use serde_json::Value;
use std::process::{Command, Output};
use std::sync::OnceLock;
use tracing::story;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");

/// The programs to trace; `None`, said aloud, without a compiler.
pub fn traced() -> Option<&'static str> {
    built("traced")
}

/// One of the texts of C in `tests/programs/traced`, compiled once; `None`, said aloud, without a compiler.
pub fn built(name: &'static str) -> Option<&'static str> {
    static BUILT: [OnceLock<Option<String>>; 5] = [const { OnceLock::new() }; 5];
    let at = ["traced", "calls", "threads", "memory", "system_v"].iter().position(|known| *known == name).unwrap();
    let build = || {
        let source = format!("{}/tests/programs/traced/{name}.c", env!("CARGO_MANIFEST_DIR"));
        // Another test may build it at the same time: each into a file of its own, put into place whole.
        let place = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
        let own = format!("{place}.{}", std::process::id());
        let Ok(status) =
            Command::new("cc").args(["-O1", "-Wall", "-Wextra", "-Werror", "-o", &own, &source, "-lpthread"]).status()
        else {
            eprintln!("skipped: there is no C compiler here");
            return None;
        };
        assert!(status.success(), "{name}.c does not compile");
        std::fs::rename(own, &place).unwrap();
        Some(place)
    };
    BUILT[at].get_or_init(build).as_deref()
}

/// Python itself, not a script that looks for it; `None`, said aloud, without one.
pub fn python() -> Option<&'static str> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    let find = || {
        let found = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let found = found.ok().filter(|o| o.status.success()).map(|o| String::from_utf8(o.stdout).unwrap());
        if found.is_none() {
            eprintln!("skipped: there is no python3 here");
        }
        found.map(|path| path.trim().to_owned())
    };
    FOUND.get_or_init(find).as_deref()
}

/// Programs count on 3 being free, which whoever started the tests may have left open.
const BARE: &str = "exec \"$@\" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";

/// A command with no descriptors but 0, 1, 2 and what stands above 9.
pub fn bare(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", BARE, "sh", program]).args(arguments).env("LC_ALL", "C").env_remove("RUST_BACKTRACE");
    command
}

/// What came of a traced program: its output and exit code, and the moments of the trace.
pub struct Run {
    /// What the program wrote, and its exit code.
    pub output: Output,
    /// The moments of the trace.
    pub moments: Vec<Value>,
}

/// Trace a program; `None`, said aloud, where this machine does not let us.
pub fn trace(options: &[&str], command: &[&str]) -> Option<Run> {
    let folder = Folder::new();
    let file = folder.file("trace");
    let arguments = [&["trace", "--json", "-o", &file], options, &["--"], command].concat();
    let output = bare(PROGRAM, &arguments).output().unwrap();
    if refused(&output) {
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let moments: Vec<Value> = lines.filter(|line| line["type"] == "moment").collect();
    assert!(!moments.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    story::is_sound(&moments);
    Some(Run { output, moments })
}

/// This machine does not let us trace; said aloud.
pub fn refused(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    let refused = said.contains("does not let us trace") || said.contains("the program was not begun");
    if refused {
        eprintln!("skipped: {said}");
    }
    refused
}

impl Run {
    /// What the program wrote to its standard output.
    pub fn says(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// The call of each moment, its own or one that was released.
    pub fn done(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.moments.iter().map(|m| (m, if m["resumed"][0].is_object() { &m["resumed"][0] } else { m }))
    }

    /// The first moment whose call begins so, and that call.
    pub fn find(&self, call: &str) -> (&Value, &Value) {
        self.done().find(|(_, d)| d["call"].as_str().is_some_and(|c| c.starts_with(call))).unwrap_or_else(|| {
            panic!("no {call} in {:#?}", self.done().map(|(_, d)| d["call"].to_string()).collect::<Vec<_>>())
        })
    }
}
