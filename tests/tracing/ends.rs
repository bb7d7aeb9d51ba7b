//! How a trace ends: with its program, before it, or by force; nothing stays behind.

use crate::{Folder, PROGRAM, bare, refused, trace, traced};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

/// It lives, and is no zombie.
fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Two processes that hang, traced; who they are, and where their trace is.
struct Hanging {
    tracer: Child,
    pids: Vec<i32>,
    _folder: Folder,
    file: String,
}

impl Hanging {
    fn start() -> Option<Hanging> {
        let program = traced()?;
        let folder = Folder::new();
        let file = folder.file("trace");
        let mut command = bare(PROGRAM, &["trace", "-o", &file, "--", program, "hang"]);
        let mut tracer = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let told = || std::fs::read_to_string(&file).unwrap_or_default();
        let mut over = false;
        crate::common::until(|| {
            over = tracer.try_wait().unwrap().is_some();
            over || told().matches("...  blocked").count() == 2
        });
        if over {
            let output = tracer.wait_with_output().unwrap();
            assert!(refused(&output), "{}", String::from_utf8_lossy(&output.stderr));
            return None;
        }
        let text = told();
        let pids = text.lines().filter_map(|l| l.split_once("  pid ")?.1.split(' ').next()?.parse().ok());
        let mut pids: Vec<i32> = pids.collect();
        pids.sort_unstable();
        pids.dedup();
        assert_eq!(pids.len(), 2, "{text}");
        assert!(pids.iter().all(|pid| lives(*pid)));
        Some(Hanging { tracer, pids, _folder: folder, file })
    }

    fn send(&self, pid: i32, signal: Signal) {
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    fn tracer(&self) -> i32 {
        i32::try_from(self.tracer.id()).unwrap()
    }

    fn until_told(&self, what: &str) {
        crate::common::until(|| std::fs::read_to_string(&self.file).unwrap().contains(what));
    }

    /// Its exit code; nobody is left.
    fn end(mut self) -> Option<i32> {
        let code = self.tracer.wait().unwrap().code();
        crate::common::until(|| !self.pids.iter().any(|pid| lives(*pid)));
        code
    }
}

/// Send a signal to a tracer whose processes hang; its exit code.
fn end_by(signal: Signal) -> Option<Option<i32>> {
    let hanging = Hanging::start()?;
    hanging.send(hanging.tracer(), signal);
    Some(hanging.end())
}

#[test]
fn a_tracer_that_is_killed_leaves_nothing() {
    if let Some(code) = end_by(Signal::SIGKILL) {
        assert_eq!(code, None);
    }
}

#[test]
fn a_tracer_that_is_asked_to_end_leaves_nothing() {
    if let Some(code) = end_by(Signal::SIGTERM) {
        assert_eq!(code, Some(128 + 15));
    }
}

#[test]
fn a_deadlock_is_seen_and_ended() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&["--until", "blocked"], &[program, "hang"]) else { return };
    let last = run.moments.last().unwrap();
    assert_eq!((&last["outcome"]["kind"], &last["outcome"]["in"]), (&"blocked".into(), &"read".into()));
    assert_eq!(run.output.status.code(), Some(0));
    // The reader that holds the write end itself, or whose child does.
    assert!(last["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "eof-withheld"), "{last:#}");
    let pids = last["world"]["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| i32::try_from(p["pid"].as_i64().unwrap()).unwrap());
    assert!(!pids.into_iter().any(lives));
}

#[test]
fn a_trace_ends_where_it_is_told_to() {
    let Some(program) = traced() else { return };
    for (until, last) in [("eof", "read("), ("socketpair", "socketpair("), ("exit", "_exit(")] {
        let Some(run) = trace(&["--until", until], &[program, "story"]) else { return };
        let (_, done) = run.done().last().unwrap();
        assert!(done["call"].as_str().unwrap().starts_with(last), "{until}: {done}");
    }
    let Some(run) = trace(&["--max-steps", "4"], &[program, "story"]) else { return };
    assert_eq!(run.moments.len(), 5);
    let Some(run) = trace(&["--until", "epipe"], &["sh", "-c", "yes | head -1"]) else { return };
    let (_, done) = run.done().last().unwrap();
    assert_eq!(done["outcome"]["errno"], "EPIPE", "{done}");
}

/// A file that may be run.
fn script(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.write(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn what_cannot_be_run_is_said() {
    let said = |command: &str| {
        let output = bare(PROGRAM, &["trace", "--", command]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = said("no-such-program-here");
    assert_eq!((code, text.as_str()), (Some(127), "pipescope: no-such-program-here: no such program in PATH\n"));
    let (code, text) = said("/etc/passwd");
    assert_eq!(code, Some(126));
    assert!(text.contains("may be run"), "{text}");
}

#[test]
fn who_is_traced_cannot_trace_and_says_why() {
    let output =
        std::process::Command::new("strace").args(["-f", "-o", "/dev/null", PROGRAM, "trace", "--", "true"]).output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no strace here");
        return;
    };
    let said = String::from_utf8(output.stderr).unwrap();
    if said.contains("strace:") {
        eprintln!("skipped: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("we are traced ourselves, by process") && said.contains("pipescope why"), "{said}");
}

#[test]
fn programs_that_are_stopped_and_killed_from_outside_are_told_of() {
    let Some(hanging) = Hanging::start() else { return };
    let (parent, child) = (hanging.pids[0], hanging.pids[1]);
    hanging.send(child, Signal::SIGSTOP);
    hanging.until_told("--- SIGSTOP from");
    hanging.send(child, Signal::SIGCONT);
    hanging.until_told("--- SIGCONT from");
    hanging.send(child, Signal::SIGKILL);
    hanging.until_told(&format!("[{child}]  ... read(3, ...  interrupted"));
    hanging.until_told("+++ killed by SIGKILL +++");
    hanging.send(parent, Signal::SIGTERM);
    assert_eq!(hanging.end(), Some(128 + 15));
}

#[test]
fn the_first_interrupt_is_the_programs_and_the_second_ours() {
    let Some(hanging) = Hanging::start() else { return };
    hanging.send(hanging.tracer(), Signal::SIGINT);
    // The tracer goes on: it tells of what happens after that.
    hanging.send(hanging.pids[1], Signal::SIGUSR1);
    hanging.until_told("--- SIGUSR1 from");
    hanging.send(hanging.tracer(), Signal::SIGINT);
    assert_eq!(hanging.end(), Some(128 + 2));
}

/// A program without a filter, from which the trace goes away: it and its children end as they would have, on all processors.
#[test]
fn whoever_has_no_filter_lives_on() {
    const TALE: &str = "i=0; while [ $i -lt 30 ]; do echo $i | cat; i=$((i+1)); done; grep -h -e TracerPid -e Seccomp: -e Cpus_allowed: \
        /proc/self/status; exit 7";
    for options in [&["--max-steps", "40"][..], &["--until", "eof"], &["--until", "blocked", "--no-pin"]] {
        let folder = Folder::new();
        let file = folder.file("trace");
        let arguments = [&["trace", "--no-filter", "-o", &file], options, &["--", "sh", "-c", TALE]].concat();
        let output = bare(PROGRAM, &arguments).output().unwrap();
        if refused(&output) {
            return;
        }
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the trace ends here; the program goes on by itself, as process "), "{options:?} {said}");
        assert_eq!(output.status.code(), Some(7), "{options:?} {said}");
        let own = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = |name: &str| own.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
        let status = ["TracerPid:\t0".to_owned(), line("Seccomp:"), line("Cpus_allowed:")].join("\n");
        let lines: String = (0..30).map(|i| format!("{i}\n")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{lines}{status}\n"), "{options:?}");
    }
}

#[test]
fn whoever_sleeps_lives_on_too() {
    let Some(program) = traced() else { return };
    let arguments = ["trace", "--no-filter", "--until", "blocked", "--", program, "threads", "20"];
    let output = bare(PROGRAM, &arguments).output().unwrap();
    if refused(&output) {
        return;
    }
    let alone = bare(program, &["threads", "20"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // Its output is there too, whoever wrote first.
    assert!(String::from_utf8(alone.stdout).unwrap().lines().all(|line| said.lines().any(|l| l == line)), "{said}");
    assert_eq!(output.status.code(), alone.status.code(), "{said}");
}

/// The head of an ELF file of a machine that this is not: `e_machine` is 183, EM_AARCH64.
fn foreign(folder: &Folder) -> String {
    let mut head = std::fs::read("/proc/self/exe").unwrap()[..64].to_vec();
    head[18..20].copy_from_slice(&183_u16.to_le_bytes());
    let path = folder.file("foreign");
    std::fs::write(&path, head).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    path
}

#[test]
fn what_cannot_be_run_is_said_with_the_code_that_a_shell_gives() {
    if crate::trace(&[], &["true"]).is_none() {
        return;
    }
    let folder = Folder::new();
    let script = |name: &str, text: &str| script(&folder, name, text);
    let bare_script = script("bare", "echo hi\n");
    let lost = script("lost", "#!/no/such/interpreter -x\n");
    let windows = script("windows", "#!/bin/sh\r\n");
    let arm = foreign(&folder);
    let unloadable = folder.file("unloadable");
    let source = folder.write("unloadable.c", "int main(void) { return 0; }");
    let compiled = std::process::Command::new("cc")
        .args(["-Wl,--dynamic-linker=/no/such/loader", "-o", &unloadable, &source])
        .status()
        .is_ok_and(|status| status.success());
    let unloadable =
        compiled.then_some((&*unloadable, 126, "the loader that it names, /no/such/loader, is not (ENOENT)"));
    let table = [
        (bare_script.as_str(), 126, "nor a script that begins with #! (ENOEXEC). A shell reads such a file itself"),
        (lost.as_str(), 126, "the interpreter that it names, /no/such/interpreter, is not"),
        (windows.as_str(), 126, "/bin/sh\\r (its lines end as on Windows"),
        (arm.as_str(), 126, "is a program for 64-bit ARM, and this machine runs none of those (ENOEXEC)\n"),
        (folder.path().to_str().unwrap(), 126, "is not a program that may be run"),
        ("/no/such/program", 127, "No such file"),
        ("no-such-program", 127, "no such program in PATH"),
    ];
    for (program, code, said) in table.into_iter().chain(unloadable) {
        let output = bare(PROGRAM, &["trace", "--", program]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), error.contains(said)), (Some(code), true), "{program}: {error}");
        let begun = program.starts_with(folder.path().to_str().unwrap()) && !said.contains("may be run");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(told.contains("(traced)"), begun, "{program}");
        // The exec that failed is told of.
        assert_eq!(told.contains(&format!("exec([\"{program}\"]) = -1 ENO")), begun, "{program}: {told}");
    }
    let output = bare(PROGRAM, &["trace", "--no-screen", "--run", "--", "true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("runs at once anyway"));
}

#[test]
fn who_wants_to_trace_is_told_who_does_already() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "debugged"]) else { return };
    let (_, call) = run.find("ptrace(PTRACE_TRACEME)");
    assert_eq!(call["outcome"]["errno"], "EPERM");
    assert!(call["remark"].as_str().unwrap().starts_with("a process can have one tracer"), "{call}");
}

#[test]
fn a_set_user_id_program_is_said_to_run_without_it() {
    let marked = |path: &&&str| {
        std::fs::metadata(path).is_ok_and(|m| {
            use std::os::unix::fs::MetadataExt;
            m.uid() == 0 && m.mode() & 0o4000 != 0
        })
    };
    let Some(su) = ["/usr/bin/su", "/bin/su", "/usr/bin/mount"].iter().find(marked) else {
        eprintln!("skipped: there is no set-user-ID program here");
        return;
    };
    let Some(run) = trace(&[], &[su, "--help"]) else { return };
    let (_, exec) = run.find("exec(");
    let remark = exec["remark"].as_str().unwrap_or_default();
    // Whoever traces as root traces it as it is.
    let expected = !nix::unistd::geteuid().is_root();
    assert_eq!(remark.starts_with("set-user-ID of root has no effect"), expected, "{exec}");
}

#[test]
fn where_a_launcher_becomes_the_program_that_is_said() {
    // Steps that leave nothing, then an exec; the same with a pipe left open, and with a child left alive.
    let steps = "for i in 1 2 3 4 5 6 7 8; do : > /dev/null; (exit 0); done;";
    let table = [("exec true", true), ("sleep 5 & exec true", false)];
    for (end, said) in table {
        let command = format!("{steps} {end}");
        let Some(run) = trace(&["--until", "exit process=true"], &["sh", "-c", &command]) else { return };
        let execs = run.done().filter(|(_, d)| d["call"].as_str().is_some_and(|c| c.starts_with("exec(")));
        let remark = execs.last().unwrap().1["remark"].as_str().unwrap_or_default().to_owned();
        assert_eq!(remark.starts_with("the program begins here: the "), said, "{command}: {remark}");
    }
}

#[test]
fn the_steps_of_a_launching_script_are_left_out() {
    let folder = Folder::new();
    // As pyenv has it: env looks for the interpreter.
    let script = |name: &str, text: &str| script(&folder, name, &format!("#!/usr/bin/env sh\n{text}\n"));
    let steps = "for i in 1 2 3 4 5 6 7 8; do (exit 0); done";
    let launcher = script("launcher", &format!("{steps}; exec \"$@\""));
    let Some(run) = trace(&[], &[&launcher, "sh", "-c", "exit 3"]) else { return };
    let exec = &run.moments[1];
    assert!(exec["call"].as_str().unwrap().ends_with("\"-c\", \"exit 3\"])"), "{exec:#}");
    assert!(exec["remark"].as_str().unwrap().contains("steps of a launcher"), "{exec:#}");
    assert_eq!((run.moments.len(), run.output.status.code()), (3, Some(3)));
    let all = trace(&["--all"], &[&launcher, "sh", "-c", "exit 3"]).unwrap();
    assert!(all.moments.len() > 20);
    // What leaves something, and what does its work itself, is told of whole.
    let outlived = script("outlived", &format!("{steps}; sleep 5 & exec true"));
    let own = script("own", steps);
    for (path, options) in [(outlived, &["--until", "exit process=true"][..]), (own, &[])] {
        let run = trace(options, &[&path]).unwrap();
        assert!(run.moments.len() > 16, "{path}");
        assert!(run.moments[1]["call"].as_str().unwrap().contains(&path), "{:#}", run.moments[1]);
    }
}

#[test]
fn what_only_a_stage_may_do_is_not_in_its_help() {
    let help = |command: &str| {
        let output = bare(PROGRAM, &[command, "--help"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(help("play").contains("--allow-exec"));
    let trace = help("trace");
    assert!(trace.contains("--until") && !trace.contains("--allow-"), "{trace}");
}
