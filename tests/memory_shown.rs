//! Memory and queues as the reports show them: true, and without a word that the schema does not have.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

#[test]
fn a_script_with_memory_plays_and_tells_who_maps_it() {
    let script = std::env::temp_dir().join(format!("memory-shown-{}.pipe", std::process::id()));
    std::fs::write(
        &script,
        "parent: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS)\nexpect returns m1, word parent.m1 0 0\n\
         parent: fork(child)\nchild: store(m1, 0, 99)\nexpect returns 0, word parent.m1 0 99\n\
         parent: load(m1, 0)\nexpect returns 99, word child.m1 0 below 100\n\
         parent: lock(m1, 8)\nchild: lock(m1, 8)\nexpect blocks, child is blocked in futex\n",
    )
    .unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_pipescope")).args(["play", "--json"]).arg(&script).output().unwrap();
    std::fs::remove_file(&script).unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let memory = &last["world"]["objects"][0]["memory"];
    assert_eq!(memory["words"][0], "99", "{last}");
    assert_eq!(memory["mapped_by"].as_array().unwrap().len(), 2);
    let child = &last["world"]["processes"][1];
    assert_eq!((&child["waits_at"]["mapping"], &child["waits_at"]["offset"]), (&"m1".into(), &8.into()));
    // docs/json.md has the schema of every line.
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let schema = docs.split("```json-schema").nth(1).unwrap().split("```").next().unwrap();
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    for name in ["memory", "mapping", "queue", "attributes"] {
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
}

/// Play a script; what `play` says, where all it expects holds.
fn plays(name: &str, script: &str) -> String {
    let path = std::env::temp_dir().join(format!("memory-shown-{name}-{}.pipe", std::process::id()));
    std::fs::write(&path, script).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_pipescope")).arg("play").arg(&path).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    text
}

#[test]
fn a_lock_is_held_by_the_living_and_by_the_dead() {
    let text = plays(
        "lock",
        "parent: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS)\nparent: fork(a)\nparent: fork(b)\n\
         a: lock(m1, 16)\nexpect no findings\nb: lock(m1, 16)\nexpect finding lock-held, no finding lock-holder-dead\n\
         parent: kill(a, SIGKILL)\nexpect finding lock-holder-dead, no finding lock-held\n",
    );
    assert!(text.contains("b waits for the lock at (m1, 16)"), "{text}");
}

#[test]
fn a_gate_is_no_lock_and_additions_one_after_the_other_are_whole() {
    plays(
        "gate",
        "parent: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS)\nparent: fork(a)\nparent: fork(b)\n\
         a: increment(m1, 0, 5, 8)\nexpect blocks, no finding lock-held\n\
         parent: store(m1, 8, 1)\nparent: futex_wake(m1, 8)\nexpect a: returns 0, word parent.m1 0 5\n\
         b: increment(m1, 0, 5)\nexpect word parent.m1 0 10, no finding torn-counter\n\
         parent: store(m1, 0, 1)\nexpect no finding torn-counter\n\
         parent: munmap(m1)\nexpect returns 0\n",
    );
}

/// Memory that parent, a and b share.
const SHARED: &str =
    "parent: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS)\nparent: fork(a)\nparent: fork(b)\n";

#[test]
fn two_locks_taken_crosswise_are_a_deadlock() {
    let text = plays(
        "crosswise",
        &format!(
            "{SHARED}a: lock(m1, 0)\nb: lock(m1, 8)\na: lock(m1, 8)\nexpect blocks, no finding deadlock, finding lock-held\n\
             b: lock(m1, 0)\nexpect finding deadlock\nparent: kill(b, SIGKILL)\nexpect no finding deadlock\n"
        ),
    );
    let circle = "a waits for the lock at (m1, 8), which b has, and b waits for the lock at (m1, 0), which a has.";
    assert!(text.contains(circle), "{text}");
    assert!(text.contains("kill one"), "{text}");
}

#[test]
fn a_lock_held_over_a_read_closes_the_circle() {
    let text = plays(
        "lock-and-pipe",
        &format!(
            "parent: pipe()\n{SHARED}parent: close(3)\nparent: close(4)\na: close(4)\nb: close(3)\na: lock(m1, 0)\n\
             b: lock(m1, 0)\nexpect no finding deadlock\na: read(3, 9)\nexpect finding deadlock\n"
        ),
    );
    assert!(text.contains("b waits for the lock at (m1, 0), which a has"), "{text}");
    assert!(text.contains("whose only write end is b's fd 4"), "{text}");
}

#[test]
fn one_that_takes_its_own_lock_again_is_told_so() {
    let text = plays("again", &format!("{SHARED}a: lock(m1, 0)\na: lock(m1, 0)\nexpect blocks, finding lock-held\n"));
    assert!(text.contains("a has it already"), "{text}");
}

#[test]
fn all_waiting_at_queues_are_a_deadlock_and_one_free_is_none() {
    if !common::has_queues() {
        return;
    }
    let open = "parent: mq_open(\"/one\", O_RDWR|O_CREAT, 0600, 2, 32)\nparent: mq_open(\"/two\", O_RDWR|O_CREAT, 0600, 2, 32)\n\
                parent: fork(a)\na: mq_receive(3, 32)\nexpect blocks, no finding deadlock, finding queue-empty\n";
    let text = plays("queues", &format!("{open}parent: mq_receive(4, 32)\nexpect finding deadlock\n"));
    assert!(text.contains("a waits for a message in one, to which parent could send"), "{text}");
    plays("queues-free", &format!("{open}parent: fork(b)\nparent: mq_receive(4, 32)\nexpect no finding deadlock\n"));
}
