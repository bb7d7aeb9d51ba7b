//! The trace held against what the program says of itself.

use crate::{Run, trace, traced};
use serde_json::Value;

/// What must hold of any trace.
pub fn is_sound(moments: &[Value]) {
    for (at, moment) in moments.iter().enumerate() {
        assert_eq!(moment["step"], at, "steps follow one another");
        let world = &moment["world"];
        let processes = world["processes"].as_array().unwrap();
        for object in world["objects"].as_array().unwrap() {
            holders_and_tables_agree(moment, processes, object);
        }
        let done = if moment["resumed"][0].is_object() { &moment["resumed"][0] } else { moment };
        if done["eof"] == true
            && let Some(object) = read_from(moment, done).filter(|o| o["kind"] == "pipe")
        {
            assert_eq!(object["writers"].as_array().unwrap().len(), 0, "{moment:#}");
        }
    }
}

fn holders_and_tables_agree(moment: &Value, processes: &[Value], object: &Value) {
    let lists = ["readers", "writers", "others"].iter().flat_map(|l| object[l].as_array().unwrap());
    for holder in lists.filter(|h| h["outside"] == false) {
        let process =
            processes.iter().find(|p| p["pid"] == holder["pid"] && p["fds"].as_array().is_some_and(|f| !f.is_empty()));
        let process = process.unwrap_or_else(|| panic!("nobody is {holder} in {moment:#}"));
        let fd = process["fds"].as_array().unwrap().iter().find(|fd| fd["fd"] == holder["fd"]);
        assert_eq!(fd.unwrap()["target"], object["id"], "{moment:#}");
    }
    for process in processes {
        for fd in process["fds"].as_array().into_iter().flatten().filter(|fd| fd["target"] == object["id"]) {
            let held = ["readers", "writers", "others"].iter().flat_map(|l| object[l].as_array().unwrap());
            let mut held = held.filter(|h| h["pid"] == process["pid"] && h["fd"] == fd["fd"]);
            assert!(held.next().is_some(), "{fd} is in no list of {object}");
        }
    }
}

/// The object behind the descriptor that a read names.
fn read_from<'m>(moment: &'m Value, done: &Value) -> Option<&'m Value> {
    let call = done["call"].as_str()?;
    let fd: i64 = call.split_once('(')?.1.split([',', ')']).next()?.parse().ok()?;
    let process = moment["world"]["processes"].as_array()?.iter().find(|p| p["name"] == done["process"])?;
    let target = &process["fds"].as_array()?.iter().find(|f| f["fd"] == fd)?["target"];
    moment["world"]["objects"].as_array()?.iter().find(|o| o["id"] == *target)
}

/// The numbers of a fact that the program printed: `pipe 3 4`.
fn fact(run: &Run, word: &str) -> Vec<i64> {
    let says = run.says();
    let line = says.lines().find_map(|l| l.strip_prefix(word)).unwrap_or_else(|| panic!("no {word} in {says}"));
    line.split_whitespace().map(|n| n.parse().unwrap()).collect()
}

/// The descriptors from 3 on of a process at a moment.
fn table(moment: &Value, pid: i64) -> Vec<i64> {
    let processes = moment["world"]["processes"].as_array().unwrap();
    let process = processes.iter().find(|p| p["pid"] == pid);
    let fds = process.and_then(|p| p["fds"].as_array()).into_iter().flatten();
    fds.map(|fd| fd["fd"].as_i64().unwrap()).filter(|n| *n >= 3).collect()
}

/// Every table that the program printed was in the picture, in that order.
fn tables_agree(run: &Run) {
    let mut rest = run.moments.iter();
    for line in run.says().lines().filter_map(|l| l.strip_prefix("table ")) {
        let numbers: Vec<i64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let (pid, fds) = numbers.split_first().unwrap();
        assert!(rest.any(|m| table(m, *pid) == fds), "no moment has this table: {line}");
    }
}

#[test]
fn the_story_is_what_the_program_says() {
    is_told(&[]);
}

#[test]
fn the_story_is_the_same_without_a_filter() {
    is_told(&["--no-filter"]);
}

fn is_told(options: &[&str]) {
    let Some(program) = traced() else { return };
    let Some(run) = trace(options, &[program, "story"]) else { return };
    assert_eq!(run.output.status.code(), Some(3));
    let parent = fact(&run, "pid")[0];
    let child = fact(&run, "child")[0];

    let (_, pipe) = run.find("pipe()");
    assert_eq!(pipe["fds"], serde_json::json!(fact(&run, "pipe")));
    assert_eq!(pipe["process"], format!("traced[{parent}]"));
    let (_, pair) = run.find("socketpair(");
    assert_eq!(pair["fds"], serde_json::json!(fact(&run, "socketpair")));
    let (_, copy) = run.find("fcntl(4, F_DUPFD_CLOEXEC");
    assert_eq!(copy["outcome"]["value"], fact(&run, "copy")[0]);
    let (forked, fork) = run.find("fork(");
    assert_eq!((&fork["child"]["pid"], &fork["outcome"]["value"]), (&child.into(), &child.into()));
    assert_eq!(table(forked, child), table(forked, parent));

    // The bytes, exactly, and their way.
    // Who comes first is the machine's affair: the child may find the bytes there, or be told of as blocked before.
    let mut reads = run.done().map(|(_, d)| d).filter(|d| d["call"].as_str().is_some_and(|c| c.starts_with("read(3")));
    let read = reads.find(|d| d["outcome"]["kind"] != "blocked").unwrap();
    assert_eq!((&read["data"], &read["outcome"]["kind"]), (&"five!".into(), &"returned".into()));
    let (moment, received) = run.done().find(|(_, d)| d["data"] == "child-says").unwrap();
    assert_eq!(received["outcome"]["value"], 10);
    let flow = &moment["flows"][0];
    assert!(flow["from"]["process"].as_str().unwrap().ends_with(&format!("[{child}]")), "{flow}");
    assert!(flow["to"]["process"].as_str().unwrap().ends_with(&format!("[{parent}]")), "{flow}");

    // The end of file, and how each ended.
    assert!(
        run.done().any(|(_, d)| d["eof"] == true && d["process"].as_str().unwrap().ends_with(&format!("[{child}]")))
    );
    let (_, waited) = run.done().find(|(_, d)| d["waited"].is_object()).unwrap();
    assert_eq!(
        (&waited["waited"]["pid"], &waited["waited"]["ended"]["code"]),
        (&child.into(), &fact(&run, "status")[0].into())
    );
    assert_eq!(run.moments.last().unwrap()["outcome"], serde_json::json!({"kind": "exited", "code": 3}));
}

#[test]
fn where_a_descriptor_came_from_is_told() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "story"]) else { return };
    let (made, _) = run.find("pipe()");
    let (forked, fork) = run.find("fork(");
    let processes = forked["world"]["processes"].as_array().unwrap();
    let child = processes.iter().find(|p| p["pid"] == fork["child"]["pid"]).unwrap();
    let read_end = child["fds"].as_array().unwrap().iter().find(|f| f["fd"] == 3).unwrap();
    assert_eq!((&read_end["origin"]["step"], &read_end["origin"]["call"]), (&made["step"], &"pipe()".into()));
    assert_eq!(read_end["origin"]["inherited"][0]["step"], forked["step"]);
}

#[test]
fn a_descriptor_in_a_message_arrives() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "rights"]) else { return };
    let (sent, got) = (fact(&run, "sent")[0], fact(&run, "got")[0]);
    let (_, sendmsg) = run.find("sendmsg(3");
    assert!(sendmsg["call"].as_str().unwrap().contains(&format!("rights=[{sent}]")), "{sendmsg}");
    let (_, recvmsg) = run.find("recvmsg(4");
    assert_eq!(recvmsg["socket"]["rights"], serde_json::json!([got]));
}

#[test]
fn what_waits_both_ways_is_what_the_kernel_says() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&["--files"], &[program, "ways"]) else { return };
    let says = run.says();
    let facts = says.lines().filter_map(|line| line.strip_prefix("waits"));
    let facts: Vec<Vec<i64>> =
        facts.map(|line| line.split_whitespace().map(|n| n.parse().unwrap()).collect()).collect();
    let moves =
        ["write(3", "send(4", "read(4", "sendmsg(3", "recv(3", "sendmsg(4", "recvmmsg(4", "recv(4", "read(3, 1)"];
    let moments =
        run.moments.iter().filter(|m| moves.iter().any(|call| m["call"].as_str().unwrap_or("").starts_with(call)));
    let moments: Vec<&Value> = moments.collect();
    assert_eq!((facts.len(), moments.len()), (12, 12), "{says}");
    for (told, moment) in facts.iter().zip(moments) {
        let objects = moment["world"]["objects"].as_array().unwrap().iter();
        let held = |fd: i64| {
            let own = |r: &Value| r["fd"] == fd && r["outside"] == false;
            objects.clone().find(|o| o["readers"].as_array().unwrap().iter().any(own)).unwrap()
        };
        for (socket, told) in [held(3), held(4)].into_iter().zip(told.as_chunks::<3>().0) {
            let known = &socket["socket"];
            assert_eq!(socket["bytes"], told[0], "{says}{moment:#}");
            assert_eq!(known["unsent"] == 0, told[1] == 0, "{says}{moment:#}");
            // Kernels before 5.8 do not tell.
            if told[2] >= 0 {
                assert_eq!(known["descriptors_in_flight"], told[2], "{says}{moment:#}");
            }
        }
    }
    tables_agree(&run);
}

#[test]
fn a_pipe_is_full_where_a_write_to_it_sleeps() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&["--until", "write blocked"], &[program, "full"]) else { return };
    let last = run.moments.last().unwrap();
    let objects = last["world"]["objects"].as_array().unwrap();
    let pipe = objects.iter().find(|o| o["writers"].as_array().unwrap().iter().any(|w| w["fd"] == 4)).unwrap();
    assert!(last["call"].as_str().unwrap().starts_with("write(4"), "{last:#}");
    assert_eq!(pipe["bytes"], pipe["capacity"], "{last:#}");
}

#[test]
fn who_sleeps_where_no_descriptor_is_does_not_run() {
    let Some(program) = traced() else { return };
    for place in ["futex", "flock"] {
        let Some(run) = trace(&["--until", &format!("{place} blocked")], &[program, "asleep", place]) else { return };
        let last = run.moments.last().unwrap();
        assert!(last["call"].as_str().unwrap().starts_with(&format!("{place}(")), "{last:#}");
        let processes = last["world"]["processes"].as_array().unwrap();
        let sleeper = processes.iter().find(|p| p["name"] == last["process"]).unwrap();
        assert_eq!(sleeper["state"], "blocked", "{sleeper:#}");
    }
}

#[test]
fn letters_of_system_v_are_told() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "letters"]) else { return };
    let queue = fact(&run, "queue")[0];
    run.find("msgget(IPC_PRIVATE, 0600)");
    run.find(&format!("msgsnd({queue}, type 3, \"hello\", 5)"));
    let (_, received) = run.find(&format!("msgrcv({queue}, 8, type 0)"));
    assert_eq!((&received["data"], &received["outcome"]["value"]), (&"hello".into(), &5.into()), "{received:#}");
    run.find(&format!("msgctl({queue}, IPC_RMID)"));
}

#[test]
fn who_waits_to_be_accepted_and_who_was_is_told_at_once() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "accepted"]) else { return };
    let socket = |moment: &Value, fd: i64| {
        let own = |r: &Value| r["fd"] == fd && r["outside"] == false;
        let objects = moment["world"]["objects"].as_array().unwrap().iter();
        objects.clone().find(|o| o["readers"].as_array().unwrap().iter().any(own)).unwrap()["socket"].clone()
    };
    let waiting = |call: &str| socket(run.find(call).0, 3)["backlog"]["waiting"].clone();
    assert_eq!((waiting("listen(3"), waiting("connect(4"), waiting("accept(3")), (0.into(), 1.into(), 0.into()));
    let peer = |call: &str| socket(run.find(call).0, 4)["peer"].clone();
    assert_eq!((peer("connect(4"), peer("accept(3")), ("unaccepted".into(), "connected".into()));
}

#[test]
fn calls_on_what_is_not_open_are_told() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "wrong"]) else { return };
    let failed = run.done().filter(|(_, d)| d["outcome"]["errno"] == "EBADF").map(|(_, d)| d["call"].as_str().unwrap());
    assert_eq!(failed.collect::<Vec<_>>(), ["write(4, \"lost\")", "read(77, 1)", "dup(77)", "close(4)"]);
    run.find("poll([78 POLLIN]");
}

#[test]
fn what_is_opened_anew_by_its_number_is_the_same() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "reopened"]) else { return };
    run.find("open(\"/dev/fd/3\"");
    let (moment, _) = run.find("close(4");
    let processes = moment["world"]["processes"].as_array().unwrap();
    let fds = processes.iter().find(|p| p["fds"][0].is_object()).unwrap()["fds"].as_array().unwrap();
    let target = |number: i64| fds.iter().find(|f| f["fd"] == number).map(|f| f["target"].clone());
    assert!(target(3).is_some() && target(4).is_none());
    assert_eq!((target(5), target(6)), (target(3), target(3)), "{moment:#}");
}

#[test]
fn tables_are_those_of_the_kernel() {
    let Some(program) = traced() else { return };
    for arguments in [&["story"][..], &["rights"], &["sharing"], &["many", "40"]] {
        // Whoever started the tests may have left ordinary files open, which are left out unless they are asked for.
        let Some(run) = trace(&["--files"], &[&[program], arguments].concat()) else { return };
        tables_agree(&run);
    }
}

#[test]
fn a_thousand_descriptors_are_kept() {
    let Some(program) = traced() else { return };
    let folder = crate::Folder::new();
    let file = folder.file("trace");
    let arguments = ["trace", "--json", "--files", "-o", &file, "--", program, "many", "490"];
    let output = crate::bare(crate::PROGRAM, &arguments).output().unwrap();
    if crate::refused(&output) {
        return;
    }
    let says = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<i64> = says.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    let text = std::fs::read_to_string(&file).unwrap();
    let last = text.lines().rfind(|line| line.contains("\"call\":\"pipe()\"")).unwrap();
    assert!(numbers.len() > 980);
    assert_eq!(table(&serde_json::from_str(last).unwrap(), numbers[0]), numbers[1..]);
}

#[test]
fn signals_are_told_and_arrive() {
    let Some(program) = traced() else { return };
    let Some(run) = trace(&[], &[program, "signals"]) else { return };
    // As a shell has it: SIGPIPE at the end.
    assert_eq!(run.output.status.code(), Some(128 + 13));
    assert_eq!(run.says(), "first EINTR\nsecond 1 z\nthird EPIPE\n");
    let kinds = |kind: &str| -> Vec<String> {
        let all = run.done().filter(|(_, d)| d["outcome"]["kind"] == kind);
        all.map(|(_, d)| d["outcome"]["signal"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let expected =
        ["SIGUSR1", "SIGUSR2", &format!("SIG{}", libc::SIGRTMIN() + 1), "SIGSTOP", "SIGCONT", "SIGPIPE", "SIGPIPE"];
    assert_eq!(kinds("signal"), expected);
    assert_eq!(kinds("killed"), ["SIGPIPE"]);
    assert!(run.moments.iter().any(|m| m["world"]["processes"][0]["state"] == "stopped"));
}

#[test]
fn the_smallest_python_pipe_is_a_short_story() {
    let Some(python) = crate::python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/traced/pipe.py");
    let Some(run) = trace(&[], &[python, "-B", program, "fork"]) else { return };
    assert_eq!(run.says(), "hihi\n0\n");
    assert!(run.moments.len() < 40, "{} steps", run.moments.len());
    let left_out: u64 = run.moments.iter().map(|m| m["traced"]["left_out"].as_u64().unwrap()).sum();
    assert!(left_out > 50);
    let Some(all) = trace(&["--all"], &[python, "-B", program, "fork"]) else { return };
    assert!(all.moments.len() > 200, "{} steps", all.moments.len());
}

#[test]
fn what_the_program_was_given_is_not_looked_into_before_it_uses_it() {
    let Some(run) = trace(&[], &["sh", "-c", "exec 5>&1; echo given >&5; exit 3"]) else { return };
    let behind = |moment: &Value, fd: i64| {
        let fds = moment["world"]["processes"][0]["fds"].as_array().unwrap();
        let target = &fds.iter().find(|f| f["fd"] == fd).unwrap()["target"];
        let object = moment["world"]["objects"].as_array().unwrap().iter().find(|o| o["id"] == *target);
        object.unwrap()["bytes_unknown"].clone()
    };
    let first = run.moments.first().unwrap();
    assert!(first["traced"]["left_out"] == 0 && behind(first, 1) == "inherited, and not looked into", "{first:#}");
    assert_eq!(behind(first, 2), "inherited, and not looked into");
    // A call on a copy is one on the pipe; nobody has touched standard error.
    let (written, _) = run.find("write(");
    assert_eq!((behind(written, 1), behind(written, 2)), (Value::Null, "inherited, and not looked into".into()));
}
