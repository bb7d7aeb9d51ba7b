//! What is around us: other processes, the terminal, compilers.

use super::{Check, Terminal};
use crate::survey::Machine;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a program may take to say its version.
const ANSWER: Duration = Duration::from_secs(5);

pub(super) fn checks(terminal: &Terminal) -> Vec<Check> {
    vec![
        others(),
        hidepid(),
        Check {
            name: "message queues",
            ok: Some(std::path::Path::new("/proc/sys/fs/mqueue").exists()),
            found: "/proc/sys/fs/mqueue".into(),
            without: "POSIX message queues do not exist here",
        },
        size(terminal),
        colours(),
        Check {
            name: "UTF-8",
            ok: Some(terminal.utf8),
            found: if terminal.utf8 { "the locale says so" } else { "not in LC_ALL, LC_CTYPE or LANG" }.into(),
            without: "pictures are drawn in plain ASCII",
        },
        program("python3", "the Python programs beside the lessons cannot be run"),
        program("cc", "the C programs beside the lessons cannot be compiled"),
    ]
}

fn others() -> Check {
    let name = "tables of all processes";
    let without = "holders of other users are not seen; why and graph count them, sudo shows them";
    match Machine::read() {
        Ok(machine) => {
            let (all, unseen) = (machine.processes().len(), machine.unseen().count());
            let found = format!("{} of {all} can be read", all - unseen);
            Check { name, ok: Some(unseen == 0), found, without }
        }
        Err(why) => Check { name, ok: Some(false), found: why, without },
    }
}

/// `hidepid=` among the options of /proc, proc(5): other users' processes are not even listed.
fn hidepid() -> Check {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut options =
        mounts.lines().filter(|l| l.split(' ').nth(1) == Some("/proc")).filter_map(|l| l.split(' ').nth(3));
    let option = options.next_back().and_then(|all| all.split(',').find_map(|o| o.strip_prefix("hidepid=")));
    let hidden = option.is_some_and(|value| !matches!(value, "0" | "off"));
    let found = option.map_or_else(|| "/proc lists every process".to_owned(), |value| format!("hidepid={value}"));
    let root = nix::unistd::geteuid().is_root();
    let without = "holders of other users cannot even be counted";
    Check { name: "/proc shows everyone", ok: Some(!hidden || root), found, without }
}

fn size(terminal: &Terminal) -> Check {
    let without = "pictures are made for 80x24 and more; below, less is shown at once";
    let (ok, found) = match terminal.size {
        Some((columns, rows)) => (Some(columns >= 80 && rows >= 24), format!("{columns}x{rows}")),
        None => (None, "standard output is no terminal".to_owned()),
    };
    Check { name: "terminal of 80x24", ok, found, without }
}

fn colours() -> Check {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let term = super::super::name::plain(&var("TERM"));
    let refused = !var("NO_COLOR").is_empty();
    let ok = !refused && !term.is_empty() && term != "dumb";
    let found = match (refused, term.as_str()) {
        (true, _) => "NO_COLOR is set".to_owned(),
        (_, "") => "TERM is not set".to_owned(),
        (_, term) => format!("TERM={term}"),
    };
    Check { name: "colours", ok: Some(ok), found, without: "shapes and words carry every fact that colours do" }
}

fn program(name: &'static str, without: &'static str) -> Check {
    let found = version(name);
    Check { name, ok: Some(found.is_some()), found: found.unwrap_or_else(|| "not found".into()), without }
}

/// The first line of `NAME --version`; `None` where there is no such program or it does not answer.
fn version(name: &str) -> Option<String> {
    let mut command = Command::new(name);
    let child =
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).ok()?);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    let Ok(output) = told.recv_timeout(ANSWER) else {
        // The thread that waits reaps it.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        return None;
    };
    let output = output.ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(super::super::name::plain(text.lines().next().unwrap_or("it has no version")))
}
