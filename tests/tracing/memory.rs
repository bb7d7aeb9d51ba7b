//! Memory that traced programs share, held against `/proc/PID/maps` as they read it themselves, and against `graph`.

use crate::{Folder, PROGRAM, Run, bare, built, python, refused, trace};
use serde_json::Value;
use std::collections::BTreeSet;

/// A mapping: first address, the one after its last, may be written to, where in the object, which inode.
type Mapping = (u64, u64, bool, u64, u64);

/// `7f00-7f01 rw-s 00000000 00:01 7    /dev/zero (deleted)`
fn of_line(line: &str) -> Mapping {
    let words: Vec<&str> = line.split_whitespace().collect();
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let (start, end) = words[0].split_once('-').unwrap();
    (hex(start), hex(end), words[1].contains('w'), hex(words[2]), words[4].parse().unwrap())
}

/// What the program said: who, when, and what it had mapped.
fn said(run: &Run) -> Vec<(i64, String, BTreeSet<Mapping>)> {
    let mut all: Vec<(i64, String, BTreeSet<Mapping>)> = Vec::new();
    for line in run.says().lines() {
        if let Some((pid, when)) = line.strip_prefix("maps ").and_then(|rest| rest.split_once(' ')) {
            all.push((pid.parse().unwrap(), when.to_owned(), BTreeSet::new()));
        } else if let (Some(mapping), Some((.., mappings))) = (line.strip_prefix("  "), all.last_mut()) {
            mappings.insert(of_line(mapping));
        }
    }
    assert!(!all.is_empty(), "{}", run.says());
    all
}

fn processes(moment: &Value) -> &Vec<Value> {
    moment["world"]["processes"].as_array().unwrap()
}

fn objects(moment: &Value) -> &Vec<Value> {
    moment["world"]["objects"].as_array().unwrap()
}

/// The pieces of memory in a moment.
fn memories(moment: &Value) -> Vec<&Value> {
    objects(moment).iter().filter(|o| o["kind"] == "memory").collect()
}

fn object<'m>(moment: &'m Value, id: &Value) -> &'m Value {
    objects(moment).iter().find(|o| o["id"] == *id).unwrap_or_else(|| panic!("no {id} in {moment:#}"))
}

/// What a process has mapped in a moment.
fn mapped(moment: &Value, pid: i64) -> BTreeSet<Mapping> {
    let process = processes(moment).iter().rev().find(|p| p["pid"] == pid).unwrap();
    let one = |m: &Value| {
        let start = u64::from_str_radix(m["address"].as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        let writes = m["access"].as_str().unwrap().contains('w');
        let inode = object(moment, &m["object"])["inode"].as_u64().unwrap();
        (start, start + m["length"].as_u64().unwrap(), writes, m["offset"].as_u64().unwrap(), inode)
    };
    process["mappings"].as_array().into_iter().flatten().map(one).collect()
}

/// What must hold of the memory in any moment: objects and processes say the same of who maps it, and no object stays without anybody.
fn is_sound(moment: &Value) {
    let pid = |v: &Value| v["pid"].as_i64().unwrap();
    let mut mappings = Vec::new();
    for process in processes(moment) {
        for m in process["mappings"].as_array().into_iter().flatten() {
            mappings.push((m["object"].as_str().unwrap().to_owned(), pid(process), m["name"].clone()));
        }
    }
    let mut told = Vec::new();
    for o in memories(moment) {
        let by = o["memory"]["mapped_by"].as_array().unwrap();
        told.extend(by.iter().map(|m| (o["id"].as_str().unwrap().to_owned(), pid(m), m["name"].clone())));
        let held = ["readers", "writers"].iter().any(|list| !o[list].as_array().unwrap().is_empty());
        assert!(held || !by.is_empty() || o["id"].as_str().unwrap().contains("/SYSV"), "{o:#} has nobody");
    }
    let sorted = |mut all: Vec<(String, i64, Value)>| {
        all.sort_by_key(|(id, pid, name)| (id.clone(), *pid, name.to_string()));
        all
    };
    assert_eq!(sorted(mappings), sorted(told), "{moment:#}");
}

/// Each time the program says what it has mapped, the moment of its last call before that has the same.
fn agrees(run: &Run) {
    run.moments.iter().for_each(is_sound);
    let said = said(run);
    for (nth, (pid, when, expected)) in said.iter().enumerate() {
        let calls = |m: &&Value| {
            let of = |d: &Value| d["process"].as_str().is_some_and(|p| p.ends_with(&format!("[{pid}]")));
            of(m) && m["call"].as_str().is_some_and(|c| c.starts_with("kill(") && c.ends_with(", 0)"))
        };
        let before = said[..nth].iter().filter(|(other, ..)| other == pid).count();
        let moment =
            run.moments.iter().filter(calls).nth(before).unwrap_or_else(|| panic!("no moment of {pid} {when}"));
        assert_eq!(mapped(moment, *pid), *expected, "{pid} {when}: {moment:#}");
    }
}

/// The names and words of what a process has mapped when it said this.
fn moment_of<'r>(run: &'r Run, when: &str) -> (&'r Value, i64) {
    let said = said(run);
    let (nth, (pid, ..)) = said.iter().enumerate().find(|(_, (_, at, _))| at == when).unwrap();
    let before = said[..nth].iter().filter(|(other, ..)| other == pid).count();
    let call = |m: &&Value| {
        m["process"].as_str().is_some_and(|p| p.ends_with(&format!("[{pid}]")))
            && m["call"].as_str().is_some_and(|c| c.starts_with("kill("))
    };
    (run.moments.iter().filter(call).nth(before).unwrap(), *pid)
}

/// The first words of the only memory in a moment.
fn words(moment: &Value) -> Vec<String> {
    let memory = memories(moment)[0];
    let words = memory["memory"]["words"].as_array().unwrap_or_else(|| panic!("{memory:#}"));
    words.iter().map(|w| w.as_str().unwrap().to_owned()).collect()
}

/// The calls of the trace, without who made them.
fn calls(run: &Run) -> Vec<&str> {
    let told = run.done().filter_map(|(_, d)| d["call"].as_str());
    told.filter(|call| !call.starts_with("kill(") && !call.starts_with("write(1, ")).collect()
}

#[test]
fn memory_with_a_name_is_mapped_by_those_who_map_it() {
    let Some(program) = built("memory") else { return };
    for options in [&[][..], &["--no-filter"]] {
        let Some(run) = trace(options, &[program, "named"]) else { return };
        agrees(&run);
        assert_eq!(run.output.status.code(), Some(0));
        let (sized, _) = run.find("ftruncate(3, 8192)");
        let size = |moment: &Value| memories(moment)[0]["memory"]["size"].clone();
        assert_eq!((size(sized), size(moment_of(&run, "waited").0)), (8192.into(), 8192.into()));
        assert_eq!(words(moment_of(&run, "closed").0)[0], "0");
        assert_eq!(words(moment_of(&run, "stored").0)[0], "42");
        // The child has unmapped it; who has not touched it has what the child has left.
        assert_eq!(words(moment_of(&run, "waited").0)[0], "42");
        let (renamed, _) = run.find("unlink(");
        let id = memories(renamed)[0]["id"].as_str().unwrap();
        assert!(id.contains(" (deleted) ["), "{id}");
        let told = calls(&run).iter().filter(|c| **c == "munmap(m1)").count();
        assert_eq!(told, 2, "{:#?}", calls(&run));
        assert!(memories(run.moments.last().unwrap()).is_empty());
    }
}

#[test]
fn memory_without_a_name_is_shared_by_fork_and_dropped_by_exec() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "anonymous"]) else { return };
    agrees(&run);
    let (forked, _) = run.find("fork(");
    let memory = memories(forked)[0];
    assert_eq!(memory["memory"]["mapped_by"].as_array().unwrap().len(), 2, "{memory:#}");
    assert_eq!(words(moment_of(&run, "made").0)[..2], ["0", "0"]);
    assert_eq!(words(moment_of(&run, "child").0)[..2], ["0", "7"]);
    let own = run.done().filter(|(_, d)| d["call"].as_str().is_some_and(|c| c.starts_with("exec("))).nth(1).unwrap().0;
    let memory = memories(own)[0];
    assert_eq!(memory["memory"]["mapped_by"].as_array().unwrap().len(), 1, "{memory:#}");
}

#[test]
fn mappings_that_change_without_a_call_that_stops_are_told() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "windows"]) else { return };
    agrees(&run);
    let calls = calls(&run);
    let expected = [
        "mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3)",
        "mmap(8192, PROT_READ|PROT_WRITE, MAP_SHARED_VALIDATE, 3, 8192)",
        "mmap(4096, PROT_READ, MAP_SHARED, 3)",
        "mprotect(m2, PROT_READ)",
        "munmap(4096 bytes of m2)",
        "mremap(m1, 16384)",
        "mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED)",
        "ftruncate(3, 4096)",
        "_exit(0)",
    ];
    let from = calls.iter().position(|c| *c == expected[0]).unwrap();
    assert_eq!(calls[from..], expected);
    let (moment, _) = moment_of(&run, "three");
    let own = &processes(moment)[0]["mappings"];
    let words: Vec<&Value> = own.as_array().unwrap().iter().map(|m| &m["words"][0]).collect();
    assert_eq!(words, ["5", "6", "5"], "{own:#}");
    let size = |moment: &Value| {
        objects(moment).iter().find(|o| o["id"].as_str().unwrap().contains("panes")).unwrap()["memory"].clone()
    };
    let shorter = size(moment_of(&run, "shorter").0);
    assert_eq!(
        (&shorter["size"], &shorter["words"][0]),
        (&4096.into(), &u64::from_ne_bytes(*b"12345678").to_string().into())
    );
}

#[test]
fn system_v_memory_stays_until_it_is_removed() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "segment"]) else { return };
    agrees(&run);
    let says = run.says();
    let id: u64 = says.lines().find_map(|l| l.strip_prefix("segment ")).unwrap().parse().unwrap();
    run.find("shmget(IPC_PRIVATE, 5000, IPC_CREAT|0600)");
    let (attached, shmat) = run.find(&format!("shmat({id})"));
    assert_eq!(shmat["mapping"], "m1", "{shmat:#}");
    assert_eq!(memories(attached)[0]["memory"]["size"], 5000);
    assert_eq!(words(moment_of(&run, "attached").0)[..3], ["0", "0", "9"]);
    let (detached, _) = moment_of(&run, "detached");
    let memory = memories(detached)[0];
    assert_eq!((&memory["inode"], &memory["memory"]["words"][2]), (&id.into(), &"9".into()), "{memory:#}");
    let (removed, _) = run.find(&format!("shmctl({id}, IPC_RMID)"));
    assert!(memories(removed).is_empty(), "{removed:#}");
    assert_eq!(calls(&run).iter().filter(|c| **c == "shmdt(m1)").count(), 2);
}

#[test]
fn what_is_private_or_a_file_is_told_where_it_is_asked_for() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "none"]) else { return };
    let maps = |run: &Run| calls(run).iter().filter(|c| c.starts_with("mmap(")).count();
    assert_eq!(maps(&run), 0, "{:#?}", calls(&run));
    assert!(
        run.moments.iter().all(|m| processes(m).iter().all(|p| p["mappings"].as_array().is_none_or(Vec::is_empty)))
    );
    let Some(run) = trace(&["--files"], &[program, "none"]) else { return };
    assert_eq!(maps(&run), 1, "{:#?}", calls(&run));
    run.moments.iter().for_each(is_sound);
    let (asked, _) = run.find("kill(");
    assert_eq!(words(asked)[0], "3");
}

#[test]
fn what_comes_and_goes_leaves_nothing_behind() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "many", "50"]) else { return };
    agrees(&run);
    assert!(run.moments.iter().all(|m| memories(m).len() <= 1));
    assert_eq!(calls(&run).iter().filter(|c| c.starts_with("munmap(m")).count(), 50);
    run.find("munmap(m50)");
}

#[test]
fn what_threads_map_at_the_same_time_is_each_told_once() {
    let Some(program) = built("memory") else { return };
    for options in [&[][..], &["--no-pin"], &["--no-filter"]] {
        let Some(run) = trace(options, &[program, "threads"]) else { return };
        run.moments.iter().for_each(is_sound);
        let told = |call: &str| calls(&run).iter().filter(|c| c.starts_with(call)).count();
        assert_eq!((told("mmap("), told("munmap(")), (200, 200), "{options:?}");
        let asked = run.moments.iter().rfind(|m| m["call"].as_str().is_some_and(|c| c.starts_with("kill(")));
        assert!(memories(asked.unwrap()).is_empty());
    }
}

#[test]
fn graph_says_the_same_of_who_maps_what() {
    let Some(program) = built("memory") else { return };
    let Some(run) = trace(&[], &[program, "graph", PROGRAM]) else { return };
    let says = run.says();
    let mut lines = says.lines().skip_while(|l| !l.starts_with("graph "));
    let pids: Vec<i64> = lines.next().unwrap().split(' ').skip(1).map(|n| n.parse().unwrap()).collect();
    let graph: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    // The anonymous piece is called otherwise there: by what /proc says.
    let of_graph = |o: &Value| {
        let all = ["readers", "writers", "others"].iter().flat_map(|list| o[list].as_array().into_iter().flatten());
        let maps = all.filter(|h| h["fd"].is_null()).map(|h| h["pid"].as_i64().unwrap());
        (o["inode"].as_u64().unwrap(), maps.filter(|pid| pids.contains(pid)).collect::<BTreeSet<i64>>())
    };
    let graph = serde_json::json!({"world": graph});
    let graph = memories(&graph).into_iter().map(of_graph).collect();
    let of_trace = |o: &Value| {
        let maps = o["memory"]["mapped_by"].as_array().unwrap().iter().map(|m| m["pid"].as_i64().unwrap());
        (o["inode"].as_u64().unwrap(), maps.collect::<BTreeSet<i64>>())
    };
    let (moment, _) = run.find("kill(");
    let trace: BTreeSet<_> = memories(moment).into_iter().map(of_trace).collect();
    assert_eq!(trace.len(), 2);
    assert_eq!(trace, graph, "{says}");
}

#[test]
fn a_saved_run_has_the_memory_too_and_the_text_its_size() {
    let Some(program) = built("memory") else { return };
    let folder = Folder::new();
    let (run, text) = (folder.file("run"), folder.file("text"));
    let output = bare(PROGRAM, &["trace", "--save", &run, "-o", &text, "--", program, "anonymous"]).output().unwrap();
    if refused(&output) {
        return;
    }
    let text = std::fs::read_to_string(&text).unwrap();
    assert!(text.contains("  4096 bytes  0[0] 8[7]; mapped by memory["), "{text}");
    assert!(text.contains("  is gone: nobody has it mapped any more"), "{text}");
    let saved = bare(PROGRAM, &["open", "--json", &run]).output().unwrap();
    let saved = String::from_utf8(saved.stdout).unwrap();
    assert!(saved.lines().any(|line| line.contains("\"mappings\":[{\"name\":\"m1\"")), "{saved}");
}

#[test]
fn what_python_shares_is_what_the_kernel_says() {
    let Some(python) = python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/traced/memory.py");
    for arguments in
        [&["named", "fork"][..], &["named", "spawn"], &["values", "fork"], &["values", "spawn"], &["anonymous"]]
    {
        let Some(run) = trace(&[], &[&[python, "-B", program], arguments].concat()) else { return };
        assert_eq!(run.output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&run.output.stderr));
        agrees(&run);
        let first = moment_of(&run, "child").0;
        let all: Vec<String> = memories(first).into_iter().map(|o| o["memory"]["words"][0].to_string()).collect();
        let stored = match arguments[0] {
            "named" => "\"9\"",
            "values" => "\"77\"",
            _ => "\"2\"",
        };
        assert!(all.iter().any(|word| word == stored), "{arguments:?}: {all:?}");
    }
}
