//! System V queues and semaphores in a trace, held against /proc/sysvipc and what the program itself was told.

use crate::{Folder, Run, built, trace};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};

/// Removes what a story made, however it ended: it is told to by the end of its input, which comes with ours too.
struct Remover {
    child: Child,
    folder: Folder,
}

impl Remover {
    fn start(program: &str) -> Remover {
        let folder = Folder::new();
        let child = Command::new(program).args(["remover", &folder.file("made")]).stdin(Stdio::piped()).spawn();
        Remover { child: child.unwrap(), folder }
    }

    /// Where what is made is to be noted.
    fn file(&self) -> String {
        self.folder.file("made")
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A story and its trace; what it made is there until the other is dropped.
fn told(options: &[&str], name: &str) -> Option<(Run, Remover)> {
    let program = built("system_v")?;
    let remover = Remover::start(program);
    let run = trace(options, &[program, name, &remover.file()])?;
    Some((run, remover))
}

/// The identifier that the story printed.
fn made(run: &Run, word: &str) -> i64 {
    let says = run.says();
    let id = says.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("no {word} in {says}"));
    id.trim().parse().unwrap()
}

/// The object with this id at a moment.
fn object<'m>(moment: &'m Value, id: &str) -> Option<&'m Value> {
    moment["world"]["objects"].as_array().unwrap().iter().find(|o| o["id"] == id)
}

/// Key, bytes, messages, last sender and last receiver, as the story read them in /proc/sysvipc/msg.
fn rows(run: &Run) -> Vec<[i64; 5]> {
    let says = run.says();
    let rows = says.lines().filter_map(|line| line.strip_prefix("msg "));
    let row = |line: &str| {
        let words: Vec<i64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
        [words[0], words[3], words[4], words[5], words[6]]
    };
    rows.map(row).collect()
}

/// The same of the object.
fn row(queue: &Value) -> [i64; 5] {
    let told = &queue["system_v_queue"];
    let key = told["key"].as_str().map_or(0, |key| i64::from_str_radix(&key[2..], 16).unwrap());
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let last = [&told["last_sender"], &told["last_receiver"]].map(number);
    [key, number(&queue["bytes"]), number(&told["messages"]), last[0], last[1]]
}

/// What is said to wait.
fn waiting(queue: &Value) -> Vec<(i64, String)> {
    let all = queue["system_v_queue"]["waiting"].as_array().unwrap_or_else(|| panic!("{queue:#}")).iter();
    all.map(|post| (post["type"].as_i64().unwrap(), post["data"].as_str().unwrap().to_owned())).collect()
}

/// The moments in which this call begins so and has returned, in order.
fn returned<'r>(run: &'r Run, call: &str) -> Vec<(&'r Value, &'r Value)> {
    let is_it =
        |d: &Value| d["call"].as_str().is_some_and(|c| c.starts_with(call)) && d["outcome"]["kind"] != "blocked";
    run.done().filter(|(_, d)| is_it(d)).collect()
}

fn finding<'m>(moment: &'m Value, rule: &str) -> Option<&'m Value> {
    moment["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule)
}

/// The moment in which this call is told of as blocked.
fn blocked<'r>(run: &'r Run, call: &str) -> &'r Value {
    let is_it =
        |m: &&Value| m["call"].as_str().is_some_and(|c| c.starts_with(call)) && m["outcome"]["kind"] == "blocked";
    run.moments.iter().find(is_it).unwrap_or_else(|| panic!("no blocked {call}"))
}

#[test]
fn a_queue_is_what_the_kernel_says_after_each_call() {
    let Some((run, _remover)) = told(&[], "post") else { return };
    assert_eq!(run.output.status.code(), Some(7));
    let id = format!("msq {}", made(&run, "queue "));
    let sent = returned(&run, "msgsnd(");
    let at = [
        returned(&run, "msgget(")[0].0,
        sent[0].0,
        returned(&run, "waitpid(")[0].0,
        sent[2].0,
        returned(&run, "msgrcv(").last().unwrap().0,
    ];
    let told: Vec<[i64; 5]> = at.iter().map(|moment| row(object(moment, &id).unwrap())).collect();
    assert_eq!(told, rows(&run), "{}", run.says());
    // It takes what the machine allows, and nobody holds it.
    let queue = object(at[0], &id).unwrap();
    let most: i64 = std::fs::read_to_string("/proc/sys/kernel/msgmnb").unwrap().trim().parse().unwrap();
    assert_eq!((&queue["kind"], &queue["capacity"]), (&json!("system-v-queue"), &json!(most)), "{queue:#}");
    for list in ["readers", "writers", "others"] {
        assert_eq!(queue[list], json!([]), "{queue:#}");
    }
    assert_eq!(waiting(object(at[1], &id).unwrap()), [(1, "for nobody yet".to_owned())]);
    // It is gone with IPC_RMID.
    let removed = returned(&run, "msgctl(")[0].0;
    assert!(object(removed, &id).is_none() && object(run.moments.last().unwrap(), &id).is_none());
}

#[test]
fn who_sent_what_to_whom_is_told() {
    let Some((run, _remover)) = told(&[], "post") else { return };
    let id = format!("msq {}", made(&run, "queue "));
    let first = returned(&run, "msgget(")[0].1["process"].clone();
    // A message of another type does not help the child; its own is handed to it, and never counted as waiting.
    let asleep = blocked(&run, "msgrcv(");
    let child = asleep["process"].clone();
    let queue = object(asleep, &id).unwrap();
    let sleeper = &queue["system_v_queue"]["sleepers"][0];
    assert_eq!((&sleeper["process"], &sleeper["type"], &sleeper["served"]), (&child, &json!(2), &json!(false)));
    let text = finding(asleep, "waiting-for-message").unwrap()["text"].as_str().unwrap();
    assert!(text.contains("for a message of type 2: the queue holds 1 message, and it is of another type"), "{text}");
    assert!(text.contains(&format!("{} has sent to it before", first.as_str().unwrap())), "{text}");

    let handed = returned(&run, "msgsnd(")[1].0;
    let queue = object(handed, &id).unwrap();
    assert_eq!(waiting(queue), [(1, "for nobody yet".to_owned())]);
    assert_eq!(queue["system_v_queue"]["sleepers"][0]["served"], true, "{queue:#}");
    assert!(finding(handed, "waiting-for-message").is_none());

    let taken = returned(&run, "msgrcv(");
    let (moment, got) = taken[0];
    assert_eq!((&got["process"], &got["data"]), (&child, &json!("hello")));
    assert_eq!(got["message"], json!({"type": 2, "from": first}));
    let end = |process: &Value| json!({"process": process, "fd": null});
    let flow = &moment["flows"][0];
    assert_eq!((&flow["from"], &flow["object"], &flow["to"]), (&end(&first), &json!(id), &end(&child)), "{flow:#}");
    let users = object(moment, &id).unwrap()["system_v_queue"]["users"].clone();
    let counts = |user: &Value| ["puts", "takes"].map(|word| user[word].as_i64().unwrap());
    assert_eq!((counts(&users[0]), counts(&users[1])), ([2, 0], [0, 1]), "{users:#}");

    // What does not fit is lost.
    let (moment, part) = taken.last().unwrap();
    assert_eq!((&part["data"], &part["message"]["from"]), (&json!("a second"), &first));
    assert_eq!((&moment["flows"][1]["lost"], &moment["flows"][1]["bytes"]), (&json!(true), &json!(33)), "{moment:#}");
}

#[test]
fn what_stays_when_all_have_ended_is_told_with_what_removes_it() {
    let Some((run, remover)) = told(&[], "left") else { return };
    let id = made(&run, "queue ");
    let is_there = || {
        let table = std::fs::read_to_string("/proc/sysvipc/msg").unwrap();
        table.lines().skip(1).any(|line| line.split_whitespace().nth(1) == Some(&id.to_string()))
    };
    assert!(is_there());
    let last = run.moments.last().unwrap();
    let left = finding(last, "left-behind").unwrap();
    assert_eq!(left["fix"], format!("ipcrm -q {id}"));
    assert!(left["text"].as_str().unwrap().starts_with(&format!("msq {id} stays with 2 messages")), "{left:#}");
    let queue = object(last, &format!("msq {id}")).unwrap();
    assert_eq!(waiting(queue), [(1, "one".to_owned()), (2, "two".to_owned())]);
    let users = queue["system_v_queue"]["users"].as_array().unwrap();
    assert!(users.len() == 3 && users.iter().all(|user| user["ended"] == true), "{users:#?}");
    let err = String::from_utf8_lossy(&run.output.stderr).into_owned();
    assert!(
        err.contains(&format!("has left msq {id} with 2 messages behind, which stays; ipcrm -q {id} removes it")),
        "{err}"
    );
    drop(remover);
    assert!(!is_there());
}

#[test]
fn a_sender_that_finds_no_room_waits_for_whoever_receives() {
    let Some((run, _remover)) = told(&[], "full") else { return };
    let id = format!("msq {}", made(&run, "queue "));
    run.find(&format!("msgctl({}, IPC_SET, msg_qbytes 16)", made(&run, "queue ")));
    let asleep = blocked(&run, "msgsnd(");
    let queue = object(asleep, &id).unwrap();
    assert_eq!((&queue["bytes"], &queue["capacity"]), (&json!(16), &json!(16)));
    assert_eq!(queue["system_v_queue"]["sleepers"][0]["room"], 4, "{queue:#}");
    let text = finding(asleep, "queue-full").unwrap()["text"].as_str().unwrap();
    assert!(
        text.contains("1 message fills 16 of 16 bytes. Nobody else here was seen to have received from it."),
        "{text}"
    );
    // What made room comes before what it made room for, and both are known.
    let step = |call: &str| returned(&run, call).last().unwrap().0["step"].as_i64().unwrap();
    assert!(step("msgrcv(") < step("msgsnd("));
    let made_room = returned(&run, "msgrcv(")[0].0;
    assert_eq!(object(made_room, &id).unwrap()["system_v_queue"]["sleepers"][0]["served"], true, "{made_room:#}");
    assert!(finding(made_room, "queue-full").is_none());
    let (moment, _) = *returned(&run, "msgsnd(").last().unwrap();
    assert_eq!(waiting(object(moment, &id).unwrap()), [(2, "more".to_owned())]);
    let rows = rows(&run);
    assert_eq!(row(object(moment, &id).unwrap()), *rows.last().unwrap());
}

#[test]
fn whoever_sleeps_in_what_is_removed_is_told_by_whom() {
    let Some((run, _remover)) = told(&[], "removed") else { return };
    assert_eq!(run.output.status.code(), Some(7));
    let remover = returned(&run, "msgctl(")[0].1["process"].as_str().unwrap();
    let (_, woken) = returned(&run, "msgrcv(")[0];
    assert_eq!(woken["outcome"]["errno"], "EIDRM");
    assert_eq!(woken["remark"], format!("{remover} has removed it"));
    // Nothing is left, and nothing is said to be.
    assert!(!String::from_utf8_lossy(&run.output.stderr).contains("has left"));
}

fn values(set: &Value) -> Vec<i64> {
    let all = set["semaphores"]["values"].as_array().unwrap();
    all.iter().map(|one| one["value"].as_i64().unwrap()).collect()
}

#[test]
fn semaphores_have_the_values_that_the_kernel_says() {
    for options in [&[][..], &["--no-filter"]] {
        let Some((run, _remover)) = told(options, "semaphores") else { return };
        assert_eq!(run.output.status.code(), Some(7));
        let id = format!("sem {}", made(&run, "set "));
        let says = run.says();
        let facts = says.lines().filter_map(|line| line.strip_prefix("values "));
        let facts: Vec<Vec<i64>> =
            facts.map(|line| line.split_whitespace().map(|n| n.parse().unwrap()).collect()).collect();
        run.find(&format!("semctl({}, 0, SETALL, [1, 0])", made(&run, "set ")));
        let operations = returned(&run, "semop(");
        let [up, two, both] = operations[..] else { panic!("{operations:#?}") };
        let ended = returned(&run, "waitpid(")[0].0;
        let told: Vec<Vec<i64>> = [returned(&run, "semctl(")[0].0, up.0, ended]
            .iter()
            .map(|moment| values(object(moment, &id).unwrap()))
            .collect();
        // The last came about by the end of the child, which had taken one under SEM_UNDO.
        assert_eq!(told, facts, "{says}");
        assert_eq!(values(object(both.0, &id).unwrap()), [0, 1]);

        let asleep = blocked(&run, "semop(");
        let set = object(asleep, &id).unwrap();
        assert_eq!(set["kind"], "semaphores");
        let sleeper = &set["semaphores"]["sleepers"][0];
        assert_eq!(sleeper["operations"], json!([[0, -1], [1, -2]]), "{set:#}");
        assert_eq!(set["semaphores"]["values"][1]["wait_to_grow"], 1, "{set:#}");
        let text = finding(asleep, "waiting-for-semaphore").unwrap()["text"].as_str().unwrap();
        assert!(text.contains("for semaphore 1 to be 2 at least: it is 0. It wants 2 operations at once"), "{text}");
        // One more is not enough; with two it is done by the kernel before the child has come back.
        assert!(finding(up.0, "waiting-for-semaphore").is_some());
        assert!(finding(two.0, "waiting-for-semaphore").is_none());
        assert_eq!(object(two.0, &id).unwrap()["semaphores"]["sleepers"][0]["served"], true);
        assert_eq!(finding(run.moments.last().unwrap(), "left-behind").unwrap()["fix"], id.replace("sem", "ipcrm -s"));
    }
}

#[test]
fn what_was_there_before_is_not_called_left_behind() {
    let Some(program) = built("system_v") else { return };
    let remover = Remover::start(program);
    let file = remover.file();
    // It is made by somebody who is not traced, and looked at by its identifier.
    let output = Command::new(program).args(["left", &file]).output().unwrap();
    let says = String::from_utf8(output.stdout).unwrap();
    let id = says.lines().find_map(|line| line.strip_prefix("queue ")).unwrap();
    let Some(run) = trace(&[], &[program, "visit", &file, id]) else { return };
    let last = run.moments.last().unwrap();
    let queue = object(last, &format!("msq {id}")).unwrap();
    assert_eq!(queue["system_v_queue"]["made_by"], Value::Null);
    // One of the two is left, and nobody here has seen it come.
    assert_eq!((&queue["system_v_queue"]["messages"], &queue["system_v_queue"]["waiting"]), (&json!(1), &Value::Null));
    assert_eq!(returned(&run, "msgrcv(")[0].1["message"]["from"], Value::Null);
    assert!(finding(last, "left-behind").is_none());
    assert!(!String::from_utf8_lossy(&run.output.stderr).contains("has left"));
}

#[test]
fn what_may_not_be_read_is_said_to_be_unknown() {
    let Some(program) = built("system_v") else { return };
    let remover = Remover::start(program);
    let mut everyone = std::fs::metadata(remover.folder.path()).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut everyone, 0o777);
    std::fs::set_permissions(remover.folder.path(), everyone).unwrap();
    // Root may read everything.
    let root = nix::unistd::geteuid().is_root();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let file = remover.file();
    let traced = [crate::PROGRAM, "trace", "--json", "--", program, "denied", &file];
    let words = [if root { &nobody[..] } else { &[] }, &traced[..]].concat();
    let output = crate::bare(words[0], &words[1..]).output().unwrap();
    if crate::refused(&output) || matches!(output.status.code(), Some(126 | 127)) {
        return eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
    }
    let lines = String::from_utf8(output.stdout).unwrap();
    let moments: Vec<Value> = lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = |call: &str| moments.iter().find(|m| m["call"].as_str().is_some_and(|c| c.starts_with(call))).unwrap();
    let objects = |call: &str| at(call)["world"]["objects"].as_array().unwrap().iter();
    // How much waits is no secret, and what went in was seen.
    let queue = objects("msgsnd(").find(|o| o["kind"] == "system-v-queue").unwrap();
    assert_eq!((&queue["bytes"], waiting(queue)), (&json!(6), vec![(1, "sealed".to_owned())]), "{queue:#}");
    let set = &objects("semop(").find(|o| o["kind"] == "semaphores").unwrap()["semaphores"];
    assert_eq!((&set["count"], &set["values"]), (&json!(3), &Value::Null), "{set:#}");
    assert!(set["values_unknown"].as_str().unwrap().starts_with("no permission to read it"), "{set:#}");
}

#[test]
fn who_is_woken_only_because_it_is_traced_is_told_so() {
    let Some((run, _remover)) = told(&[], "woken") else { return };
    let (_, woken) = returned(&run, "semtimedop(")[0];
    assert_eq!((run.output.status.code(), &woken["outcome"]["errno"]), (Some(7), &json!("EINTR")), "{woken:#}");
    assert_eq!(woken["remark"], "SIGCHLD woke it, which it ignores: so only where it is traced");
    // It sleeps there no more.
    let id = format!("sem {}", made(&run, "set "));
    let moment = returned(&run, "semtimedop(")[0].0;
    assert_eq!(object(moment, &id).unwrap()["semaphores"]["sleepers"], json!([]));
}

#[test]
fn what_lies_in_another_ipc_namespace_is_told_as_calls_alone() {
    let Some(program) = built("system_v") else { return };
    // It goes with its namespace: nothing is to be removed, and its identifiers mean something else here.
    let Some(run) = trace(&[], &["unshare", "--map-root-user", "--ipc", program, "post", "/dev/null"]) else { return };
    if run.output.status.code() != Some(7) {
        return eprintln!("skipped: {}", String::from_utf8_lossy(&run.output.stderr));
    }
    let system_v =
        |m: &Value| m["world"]["objects"].as_array().unwrap().iter().any(|o| o["system_v_queue"].is_object());
    assert!(!run.moments.iter().any(system_v));
    assert_eq!(returned(&run, "msgrcv(")[0].1["data"], "hello");
    let mut flows = run.moments.iter().flat_map(|m| m["flows"].as_array().unwrap());
    assert!(!flows.any(|flow| flow["object"].as_str().unwrap().starts_with("msq")));
}
