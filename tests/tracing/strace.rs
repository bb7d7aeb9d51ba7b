//! The same program under `strace -f`: the same calls, with the same results.

use crate::{Folder, bare, trace, traced};
use std::collections::BTreeMap;

/// What both tell of a call.
type Made = (String, String);

/// Calls that both know by these names.
const NAMES: [&str; 12] =
    ["pipe", "socketpair", "fcntl", "fork", "dup2", "read", "write", "writev", "recv", "sendmsg", "recvmsg", "wait"];

/// By process in the order of appearance; from the first pipe or socketpair on.
fn by_process(calls: impl Iterator<Item = (i64, Made)>) -> Vec<Vec<Made>> {
    let mut order: Vec<i64> = Vec::new();
    let mut all: BTreeMap<i64, Vec<Made>> = BTreeMap::new();
    let calls = calls.skip_while(|(_, (name, _))| name != "pipe" && name != "socketpair");
    for (pid, made) in calls.filter(|(_, (name, _))| NAMES.contains(&name.as_str())) {
        if !order.contains(&pid) {
            order.push(pid);
        }
        all.entry(pid).or_default().push(made);
    }
    order.into_iter().map(|pid| all.remove(&pid).unwrap()).collect()
}

/// One name for what the machines call differently.
fn plain(name: &str) -> &str {
    match name {
        "pipe2" => "pipe",
        "clone" | "clone3" | "vfork" => "fork",
        "wait4" | "waitid" | "waitpid" => "wait",
        "recvfrom" => "recv",
        other => other,
    }
}

/// The result, but for pids, which differ from run to run.
fn result(name: &str, value: &str) -> String {
    if ["fork", "wait"].contains(&name) && value.parse::<i64>().is_ok_and(|n| n > 0) {
        return "a pid".into();
    }
    value.to_owned()
}

/// `4242 read(3, "x", 64) = 1`, and a call in two parts: `<unfinished ...>`, `<... read resumed>`.
fn strace(command: &[&str]) -> Option<Vec<Vec<Made>>> {
    let folder = Folder::new();
    let file = folder.file("strace");
    let ran = bare("strace", &[&["-f", "-o", &file, "--"], command].concat()).output().ok()?;
    let text = std::fs::read_to_string(&file).ok()?;
    if ran.status.code() == Some(127) || text.is_empty() {
        return None;
    }
    let one = |line: &str| {
        let (pid, rest) = line.split_once(' ')?;
        let rest = rest.trim_start();
        let name = match rest.strip_prefix("<... ") {
            Some(resumed) => resumed.split(' ').next()?,
            None => rest.split_once('(')?.0,
        };
        let value = rest.rsplit_once(" = ")?.1;
        let mut words = value.split(' ');
        let value = match words.next()? {
            "-1" => words.next()?,
            "?" => return None,
            number => number,
        };
        let name = plain(name);
        // Commands of fcntl that change nothing are of no interest.
        if name == "fcntl" && !rest.contains("F_DUPFD") {
            return None;
        }
        Some((pid.parse().ok()?, (name.to_owned(), result(name, value))))
    };
    Some(by_process(text.lines().filter_map(one)))
}

#[test]
fn the_calls_are_those_that_strace_sees() {
    let Some(program) = traced() else { return };
    for (what, options) in
        [("story", &[][..]), ("rights", &[]), ("story", &["--no-filter"]), ("rights", &["--no-filter"])]
    {
        let Some(expected) = strace(&[program, what]) else {
            eprintln!("skipped: there is no strace here, or it may not trace");
            return;
        };
        let Some(run) = trace(options, &[program, what]) else { return };
        let calls = run.done().filter_map(|(_, d)| {
            let name = plain(d["call"].as_str()?.split_once('(')?.0).to_owned();
            let value = match d["outcome"]["kind"].as_str()? {
                "returned" => d["outcome"]["value"].to_string(),
                "error" => d["outcome"]["errno"].as_str()?.to_owned(),
                _ => return None,
            };
            let pid = d["process"].as_str()?.rsplit_once('[')?.1.trim_end_matches(']').parse().ok()?;
            let result = result(&name, &value);
            Some((pid, (name, result)))
        });
        assert_eq!(by_process(calls), expected, "{what} {options:?}");
    }
}
