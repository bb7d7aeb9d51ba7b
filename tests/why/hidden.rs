//! What an ordinary user may not see: processes that /proc hides, and programs with capabilities.

use super::{Command, Hang, Output, Value, finding, for_anyone, pipescope};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

const NOBODY: u32 = 65534;

fn text_of(output: &Output) -> String {
    let all = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn findings(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn who_is_hidden_from_us_is_said_to_be_and_no_close_is_promised() {
    let Some(hang) = Hang::start_hidden("foreign-holder") else { return };
    let (reader, holder) = (hang.pid("reader").to_string(), hang.pid("holder").to_string());
    let began = std::time::Instant::now();
    let found = loop {
        let output = hang.inside_as_nobody(&["why", &reader, "--json"]);
        let rule = |f: &Value| f["rule"] == "reader-blocked-on-empty";
        if let Some(found) = findings(&output).into_iter().find(rule) {
            break found;
        }
        assert!(began.elapsed() < super::common::LIMIT, "{}", text_of(&output));
    };
    // The holder is not even counted, for nobody can.
    assert_eq!((&found["holders"], &found["unseen"]), (&Value::from(Vec::<Value>::new()), &Value::from(0)));
    assert_eq!((&found["stuck"], &found["fix"]), (&Value::from(false), &Value::from("")));
    let told = text_of(&hang.inside_as_nobody(&["why", &reader]));
    assert!(told.contains("no process that can be seen holds one"), "{told}");
    assert!(told.contains("hidepid"), "{told}");
    // Asked about itself, it is there and hidden, and not missing.
    let output = hang.inside_as_nobody(&["why", &holder]);
    assert_eq!(output.status.code(), Some(2));
    let told = text_of(&output);
    assert!(told.contains(&format!("process {holder} is another user's, and /proc hides it here")), "{told}");
    assert!(text_of(&hang.inside_as_nobody(&["why", "99999"])).contains("there is no process 99999"));
    // Root sees through it.
    let seen = hang.inside(&["why", &reader, "--json"]);
    let found = findings(&seen);
    assert_eq!(found[0]["holders"][0]["pid"], Value::from(hang.pid("holder")), "{found:#?}");
}

#[test]
fn a_graph_says_that_processes_are_hidden() {
    let Some(hang) = Hang::start_hidden("foreign-holder") else { return };
    let told = text_of(&hang.inside_as_nobody(&["graph", &hang.pid("reader").to_string()]));
    assert!(told.contains("hidepid"), "{told}");
    assert!(!told.contains(&format!("hangs[{}]", hang.pid("holder"))), "{told}");
}

/// A program with capabilities of its own, begun by nobody; ended when this is dropped.
struct Capable(std::process::Child);

impl Drop for Capable {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `None`, said aloud, where there can be none.
fn capable() -> Option<(Capable, super::folder::Folder)> {
    let skipped = |why: &str| {
        eprintln!("skipped: {why}");
        None
    };
    if !nix::unistd::geteuid().is_root() {
        return skipped("only root can give a file capabilities");
    }
    let hang = Hang::start("own-end")?;
    let compiled = std::fs::read_link(format!("/proc/{}/exe", hang.group())).unwrap();
    let (folder, _) = for_anyone();
    let program = folder.file("hangs");
    assert!(Command::new("cp").arg(compiled).arg(&program).status().unwrap().success());
    let given = Command::new("setcap").args(["cap_net_bind_service=ep", &program]).stderr(Stdio::null()).status();
    if !given.is_ok_and(|status| status.success()) {
        return skipped("no capability can be given to a file here");
    }
    let mut command = Command::new(&program);
    command.args(["self-pipe", "-"]).uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let child = Capable(child);
    // Where the folder is mounted without them (nosuid), they are not there.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap();
    if status.contains("CapEff:\t0000000000000000") {
        return skipped("files have no capabilities here");
    }
    Some((child, folder))
}

#[test]
fn a_program_with_capabilities_is_not_called_root_s() {
    let Some((program, _folder)) = capable() else { return };
    let pid = program.0.id().to_string();
    let name = nix::unistd::User::from_uid(NOBODY.into()).unwrap().map_or_else(|| NOBODY.to_string(), |user| user.name);
    // Whoever began it may not look into it.
    let (_other, path) = for_anyone();
    let as_nobody =
        |args: &[&str]| Command::new(&path).args(args).uid(NOBODY).gid(NOBODY).current_dir("/").output().unwrap();
    let found = findings(&as_nobody(&["why", &pid, "--json"]));
    assert_eq!((&found[0]["rule"], &found[0]["user"]), (&Value::from("not-permitted"), &Value::from(name.clone())));
    let text = found[0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("acts as {name} and its descriptors may not be read")), "{text}");
    assert_eq!(found[0]["fix"], format!("sudo pipescope why {pid}"));
    // Root may, and is not misled by what of it in /proc is root's.
    let found = findings(&pipescope(&["why", &pid, "--json"]));
    assert_eq!((&found[0]["rule"], &found[0]["user"]), (&Value::from("own-end"), &Value::from(name)), "{found:#?}");
}

#[test]
fn whose_process_it_is_stands_in_the_finding() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can act as two users");
        return;
    }
    let Some(hang) = Hang::start("foreign-holder") else { return };
    let found = finding(&hang, "reader-blocked-on-empty", "reader");
    let of = |uid: u32| nix::unistd::User::from_uid(uid.into()).unwrap().map_or_else(|| uid.to_string(), |u| u.name);
    assert_eq!((&found["user"], &found["holders"][0]["user"]), (&Value::from(of(NOBODY)), &Value::from(of(0))));
}
