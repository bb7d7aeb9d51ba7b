//! The house rules that a compiler does not check: imports go down only, unsafe stays where it belongs,
//! files stay short, and nothing in a public place speaks of the machine it was made on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

/// From the top down; a floor may use those after it, never those before it.
const FLOORS: [&[&str]; 10] = [
    &["cli"],
    &["app", "record", "report"],
    &["view"],
    &["trace", "timeline"],
    &["engine", "survey"],
    &["stage"],
    &["observe"],
    &["lesson", "explain"],
    &["notation"],
    &["world"],
];

/// The only folders and files that may hold `unsafe`.
const UNSAFE: [&str; 7] = [
    "src/stage/",
    "src/observe/sys.rs",
    "src/observe/sys_dir.rs",
    "src/observe/sys_net.rs",
    "src/trace/sys.rs",
    "src/trace/launch.rs",
    "src/app/allocator.rs",
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|p| {
            let name = p.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&p).unwrap())
        })
        .collect()
}

fn level(floor: &str) -> Option<usize> {
    FLOORS.iter().position(|floors| floors.contains(&floor))
}

fn floor_of(file: &str) -> Option<usize> {
    level(file.strip_prefix("src/")?.split(['/', '.']).next()?)
}

/// Comments and strings name other floors freely.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"))
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let Some(own) = floor_of(&file) else { continue };
        for (number, line) in code(&text) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let names: Vec<&str> = match rest.strip_prefix('{') {
                    Some(group) => group.split(['}', ',']).map(|n| n.trim().split(':').next().unwrap_or("")).collect(),
                    None => rest.split(|c: char| !c.is_alphanumeric() && c != '_').take(1).collect(),
                };
                for name in names {
                    if level(name).is_some_and(|other| other < own) {
                        wrong.push(format!("{file}:{}: uses {name}, which is above it", number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_belongs_to_a_floor() {
    let stray: Vec<String> = sources()
        .into_iter()
        .map(|(file, _)| file)
        .filter(|f| floor_of(f).is_none() && f != "src/lib.rs" && f != "src/main.rs")
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn the_view_does_no_input_or_output() {
    for (file, text) in sources().iter().filter(|(f, _)| f.starts_with("src/view/")) {
        let body = text.split("#[cfg(test)]").next().unwrap_or(text);
        for word in ["std::fs", "std::io", "std::process", "std::net", "std::time::Instant", "SystemTime"] {
            assert!(!body.contains(word), "{file} uses {word}");
        }
    }
}

#[test]
fn unsafe_stays_where_it_belongs() {
    for (file, text) in sources() {
        if UNSAFE.iter().any(|allowed| file.starts_with(allowed)) {
            continue;
        }
        for (number, line) in code(&text) {
            let has = line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
            assert!(!has, "{file}:{}: unsafe", number + 1);
        }
    }
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(f, text)| (f, text.lines().count()))
        .filter(|(f, lines)| *lines > if f.contains("test") { 700 } else { 480 })
        .map(|(f, lines)| format!("{f}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
