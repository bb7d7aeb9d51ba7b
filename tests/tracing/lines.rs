//! The line of the source text beside each call, as several compilers and interpreters have it.

use crate::{Folder, trace};
use std::path::Path;
use std::process::{Command, Stdio};

fn text(name: &str) -> String {
    format!("{}/tests/programs/lines/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Compile one; `None`, said aloud, where there is no such compiler.
fn compiled(folder: &Folder, compiler: &str, options: &[&str], name: &str) -> Option<String> {
    let (program, home) = (folder.file("lines"), folder.file("home"));
    let source = text(name);
    let mut command = Command::new(compiler);
    command.args(options).args(["-o", &program, &source]).current_dir(folder.path());
    // Go keeps what it compiled in a folder of its own.
    command.env("GOCACHE", &home).env("GOFLAGS", "-mod=mod").stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Some(program),
        _ => {
            eprintln!("skipped: there is no {compiler} here that compiles {name}");
            None
        }
    }
}

/// The first of these calls after its pipe is made where the text says so.
fn are_found(command: &[&str]) {
    let Some(run) = trace(&[], command) else { return };
    for call in ["pipe", "write", "close"] {
        let made = run.done().skip_while(|(_, d)| !d["call"].as_str().is_some_and(|c| c.starts_with("pipe")));
        let mut such = made.filter(|(_, d)| d["call"].as_str().is_some_and(|c| c.starts_with(call)));
        let (moment, done) = such.next().unwrap();
        let source = &moment["source"];
        let said = source["text"].as_str().is_some_and(|text| text.contains(&format!("here: {call}")));
        assert!(said, "{command:?} {} is said to be made at {source}", done["call"]);
        let name = Path::new(source["file"].as_str().unwrap()).file_stem().unwrap();
        assert_eq!(name, "lines", "{source}");
    }
}

#[test]
fn of_c_with_and_without_inlining() {
    for options in [&["-g", "-O0"][..], &["-g", "-O2"], &["-g", "-O1", "-static"], &["-g", "-O1", "-no-pie"]] {
        let folder = Folder::new();
        let Some(program) = compiled(&folder, "cc", options, "lines.c") else { continue };
        are_found(&[&program]);
    }
}

#[test]
fn of_rust() {
    for options in [&["-g"][..], &["-g", "-O"]] {
        let folder = Folder::new();
        let options = [options, &["--edition=2021"]].concat();
        let Some(program) = compiled(&folder, "rustc", &options, "lines.rs") else { return };
        are_found(&[&program]);
    }
}

#[test]
fn of_go() {
    let folder = Folder::new();
    let Some(program) = compiled(&folder, "go", &["build"], "lines.go") else { return };
    are_found(&[&program]);
}

#[test]
fn of_python() {
    let Some(python) = crate::python() else { return };
    are_found(&[python, "-B", &text("lines.py")]);
}
