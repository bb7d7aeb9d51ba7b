//! Memory and queues as the reports show them: true, and without a word that the schema does not have.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

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
