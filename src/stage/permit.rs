//! What a script from a stranger may do: decided from the words of the call alone, before the kernel is asked.

use super::Refusal;
use crate::notation::Call;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Programs that exec may run without leave: they read, print and end, and run nothing else.
pub const HARMLESS: [&str; 11] = ["cat", "ls", "wc", "head", "sort", "yes", "true", "echo", "sleep", "tr", "grep"];
/// What runs [`BROUGHT`].
pub const PYTHON: &str = "python3";
/// Programs in Python that come with pipescope, and may run without leave: their text is in this program, and no script
/// can change it.
const BROUGHT: [&str; 1] = ["python_pipe_steps.py"];
/// Where programs are looked for; [`PYTHON`], which many have elsewhere, in the folders of PATH besides.
const FOLDERS: [&str; 2] = ["/usr/bin", "/bin"];
/// Devices that anyone may open: they keep nothing and lead nowhere.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/urandom"];
/// Options of sort(1) that write a file of one's choice or run a program, by any abbreviation.
const SORT_LONG: [&str; 4] = ["output", "temporary-directory", "compress-program", "files0-from"];

/// May this path be opened, made or removed? Relative paths lead into `scratch`.
///
/// # Errors
/// [`Refusal::NotAllowed`] where it leads out of the stage's folder, with the option that allows it.
pub(super) fn path(call: &str, path: &str, scratch: &Path, opens: bool) -> Result<(), Refusal> {
    let whole = flatten(&scratch.join(path));
    let inside = whole.as_ref().is_some_and(|p| p.starts_with(scratch));
    let device = opens && DEVICES.contains(&path);
    if inside || device {
        return Ok(());
    }
    Err(Refusal::NotAllowed(format!(
        "{call} of {path} leads out of the stage's own folder {}: use a name in there, or start pipescope with --allow-files",
        scratch.display()
    )))
}

/// The path without `.` and `..`; `None` where `..` leads above the root.
fn flatten(path: &Path) -> Option<PathBuf> {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                if !flat.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            other => flat.push(other),
        }
    }
    Some(flat)
}

/// The file to run for these arguments.
///
/// # Errors
/// [`Refusal::NotAllowed`] where it is not one of [`HARMLESS`] or is asked for something that is not harmless, with
/// the option that allows it; [`Refusal::Impossible`] where there is nothing to run.
pub(super) fn program(argv: &[String], allow_exec: bool) -> Result<String, Refusal> {
    let Some(name) = argv.first().filter(|n| !n.is_empty()) else {
        return Err(Refusal::Impossible("exec needs a program to run: exec([\"cat\"])".into()));
    };
    if argv.iter().any(|a| a.contains('\0')) {
        return Err(Refusal::Impossible("an argument of exec cannot hold a NUL byte".into()));
    }
    if !allow_exec && brought(argv).is_none() {
        harmless(name, argv.get(1..).unwrap_or_default())?;
    }
    if name.contains('/') {
        return Ok(name.clone());
    }
    // Where there is none, the kernel is to say so.
    Ok(found(name).unwrap_or_else(|| format!("/usr/bin/{name}")))
}

/// The program of this name where exec looks for it.
fn found(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH").filter(|_| name == PYTHON).unwrap_or_default();
    first(&FOLDERS, &path, name)
}

/// The first program of this name in `fixed`, then in the absolute folders of `path`.
fn first(fixed: &[&str], path: &OsStr, name: &str) -> Option<String> {
    // A relative folder would be another one in the stage's folder.
    let more = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let folders = fixed.iter().map(PathBuf::from).chain(more);
    folders
        .map(|folder| folder.join(name))
        .find(|file| runs(file))
        .and_then(|file| file.into_os_string().into_string().ok())
}

/// Is it a program, as far as its rights tell?
fn runs(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The program that this call runs, where it is not on this machine.
pub fn missing(call: &Call) -> Option<&str> {
    let Call::Exec { argv } = call else { return None };
    argv.first().map(String::as_str).filter(|name| !name.contains('/') && found(name).is_none())
}

/// The arguments with which Python runs one of [`BROUGHT`]: its text, and nothing from the environment or a folder (`-I -S`).
pub(super) fn brought(argv: &[String]) -> Option<Vec<String>> {
    let [python, file, rest @ ..] = argv else { return None };
    let known = python == PYTHON && BROUGHT.contains(&file.as_str());
    let text = crate::lesson::program(file).filter(|_| known)?;
    let options = [python.as_str(), "-I", "-S", "-c", text].map(str::to_owned);
    Some(options.into_iter().chain(rest.iter().cloned()).collect())
}

fn harmless(name: &str, arguments: &[String]) -> Result<(), Refusal> {
    if !HARMLESS.contains(&name) {
        return Err(Refusal::NotAllowed(format!(
            "exec of {name} is not allowed: a script may run {} and nothing else; start pipescope with --allow-exec to \
             let it run any program",
            HARMLESS.join(", ")
        )));
    }
    match arguments.iter().find(|a| name == "sort" && sort_option(a)) {
        None => Ok(()),
        Some(option) => Err(Refusal::NotAllowed(format!(
            "sort {option} is not allowed: it could write a file or run a program; start pipescope with --allow-exec to \
             let a script do so"
        ))),
    }
}

/// Does this argument of sort hold one of the refused options? Too strict rather than too lax: an argument that only
/// looks like one is refused too.
fn sort_option(argument: &str) -> bool {
    let Some(rest) = argument.strip_prefix('-') else { return false };
    if let Some(long) = rest.strip_prefix('-') {
        let name = long.split('=').next().unwrap_or(long);
        return !name.is_empty() && SORT_LONG.iter().any(|refused| refused.starts_with(name));
    }
    // In a cluster, what follows k, S or t is its value.
    for letter in rest.chars() {
        match letter {
            'o' | 'T' => return true,
            'k' | 'S' | 't' => return false,
            _ => {}
        }
    }
    false
}

/// May this number be given to kill(2)? `mine`: it is the number of a process of the stage that is still there.
///
/// # Errors
/// [`Refusal::NotAllowed`]; nothing allows it, for it would reach beyond the stage.
pub(super) fn kill(number: i32, mine: bool) -> Result<(), Refusal> {
    let why = match number {
        0 => "0 is the whole process group, the stage's warden too",
        -1 => "-1 is every process that you may signal, far beyond this stage",
        ..-1 => "a negative number is a whole process group, the stage's warden too",
        _ if mine => return Ok(()),
        _ => "it is no process of this stage",
    };
    Err(Refusal::NotAllowed(format!(
        "kill({number}) is not allowed: {why}; give a process of the stage, by name or pid"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn paths_stay_in_the_folder() {
        let scratch = Path::new("/tmp/s");
        let inside = ["a", "./a", "a/../b", "/tmp/s/a", "/tmp/s/x/../a", "", ".", "/dev/null", "/dev/tty"];
        let outside = [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "/tmp/sa",
            "/tmp/s/../b",
            "/",
            "/dev/sda",
            "/dev/../etc/x",
            "/proc/self/mem",
        ];
        for p in inside {
            assert_eq!(path("open", p, scratch, true), Ok(()), "{p}");
        }
        for p in outside {
            let refused = path("open", p, scratch, true).unwrap_err();
            assert!(matches!(&refused, Refusal::NotAllowed(t) if t.contains("--allow-files")), "{p}");
        }
        assert!(path("unlink", "/dev/null", scratch, false).is_err());
    }

    #[test]
    fn a_short_list_of_programs_may_run() {
        assert_eq!(program(&words("cat -n"), false), Ok("/usr/bin/cat".into()));
        for line in ["sh -c x", "/bin/cat", "./cat", "rm", "env cat", "Cat"] {
            let refused = program(&words(line), false).unwrap_err();
            assert!(matches!(&refused, Refusal::NotAllowed(t) if t.contains("--allow-exec")), "{line}");
            assert!(program(&words(line), true).is_ok(), "{line}");
        }
        assert!(matches!(program(&[], true), Err(Refusal::Impossible(_))));
        assert!(matches!(program(&words(""), true), Err(Refusal::Impossible(_))));
        assert!(matches!(program(&["cat".into(), "a\0b".into()], true), Err(Refusal::Impossible(_))));
        assert_eq!(program(&words("no-such-program"), true), Ok("/usr/bin/no-such-program".into()));
    }

    #[test]
    fn python_runs_what_was_brought_along_and_nothing_else() {
        let argv = words("python3 python_pipe_steps.py False");
        assert!(program(&argv, false).is_ok());
        let spelt = brought(&argv).unwrap();
        assert_eq!((spelt[1..4].join(" "), spelt[5].as_str()), ("-I -S -c".into(), "False"));
        assert_eq!(Some(spelt[4].as_str()), crate::lesson::program("python_pipe_steps.py"));
        for line in [
            "python3",
            "python3 -c x",
            "python3 one_pipe.py",
            "python3 ./python_pipe_steps.py",
            "python3 -i python_pipe_steps.py",
        ] {
            assert!(program(&words(line), false).is_err() && brought(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn python_is_found_in_path_where_the_system_has_none() {
        let folder = std::env::temp_dir().join(format!("pipescope-permit-{}", std::process::id()));
        let dir = |name: &str| folder.join(name).display().to_string();
        for (name, mode) in [("plain", 0o644), ("runs", 0o755)] {
            std::fs::create_dir_all(dir(name)).unwrap();
            let file = folder.join(name).join(PYTHON);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = format!("relative:{}:{}", dir("plain"), dir("runs"));
        let found = first(&[], OsStr::new(&path), PYTHON);
        let own = first(&[&dir("runs")], OsStr::new("/nonexistent"), PYTHON);
        let none = first(&[&dir("plain")], OsStr::new("relative"), PYTHON);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, Some(format!("{}/{PYTHON}", dir("runs"))));
        assert_eq!((own, none), (found, None));
        // Nothing else is looked for in there.
        assert_eq!(program(&words("no-such-program"), true), Ok("/usr/bin/no-such-program".into()));
    }

    #[test]
    fn sort_may_only_sort() {
        let refused = [
            "-o",
            "-ofile",
            "-no",
            "-rofile",
            "-T",
            "-T/etc",
            "--output=x",
            "--out",
            "--o",
            "--compress-program=sh",
            "--comp",
            "--c",
            "--co=sh",
            "--temporary-directory=/",
            "--t",
            "--files0-from=-",
            "--f",
            "--files0-from",
        ];
        for option in refused {
            assert!(program(&["sort".into(), option.into()], false).is_err(), "{option}");
            assert!(program(&["sort".into(), option.into()], true).is_ok(), "{option}");
        }
        for option in ["-n", "-r", "-k2", "-to", "-nk2o", "-u", "--reverse", "--check", "file-o", "-", "--", "--unique"]
        {
            assert!(program(&["sort".into(), option.into()], false).is_ok(), "{option}");
        }
        assert!(program(&words("ls -o"), false).is_ok());
    }

    #[test]
    fn kill_reaches_the_stage_and_nothing_else() {
        for number in [0, -1, -2, i32::MIN, 1, 4242] {
            assert!(matches!(kill(number, false), Err(Refusal::NotAllowed(_))), "{number}");
        }
        assert!(kill(-1, true).is_err());
        assert_eq!(kill(4242, true), Ok(()));
    }
}
