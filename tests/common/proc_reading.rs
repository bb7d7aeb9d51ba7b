//! A reading of /proc by other means than the program's: `std::fs`, readlink and fdinfo as text, and FIONREAD. What the
//! program says the kernel holds is held against it.

use pipescope::world::{Access, Known, Process, State, Target, World};
use std::collections::BTreeMap;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// One entry of a table, as the kernel's files say.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    link: String,
    access: Access,
    cloexec: bool,
    nonblock: bool,
}

/// Every difference between what `world` says and what /proc says now, a sentence each.
pub fn compare(world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    for process in &world.processes {
        compare_process(process, world, &mut wrong);
    }
    compare_holders(world, &mut wrong);
    compare_bytes(world, &mut wrong);
    wrong
}

/// The state's letter, and the parent: fields 3 and 4 of /proc/PID/stat.
fn stat(pid: i32) -> Option<(char, i32)> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut fields = text.get(text.rfind(')')? + 2..)?.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn compare_process(process: &Process, world: &World, wrong: &mut Vec<String>) {
    let name = &process.name;
    let Some((letter, ppid)) = stat(process.pid) else {
        if !matches!(process.state, State::Gone(_)) {
            wrong.push(format!("{name} is {:?}, but there is no process {}", process.state, process.pid));
        }
        return;
    };
    // A number may have been given to somebody else since; then the parent is no process of ours.
    let fits = match &process.state {
        State::Zombie(_) => letter == 'Z',
        State::Gone(_) => letter == 'X' || !world.processes.iter().any(|p| p.pid == ppid),
        State::Stopped => letter == 'T' || letter == 't',
        State::Idle | State::Blocked(_) => letter == 'S' || letter == 'D',
        State::Running => true,
    };
    if !fits {
        wrong.push(format!("{name} is {:?}, but /proc says {letter}", process.state));
    }
    if let (State::Blocked(blocked), Ok(text)) =
        (&process.state, fs::read_to_string(format!("/proc/{}/syscall", process.pid)))
    {
        compare_call(name, blocked, &text, wrong);
    }
    if !matches!(process.state, State::Gone(_)) && process.program.is_none() {
        compare_table(process, wrong);
    }
}

/// `0 0x3 ...`: the number of the call that it sleeps in, and its first argument.
fn compare_call(name: &str, blocked: &pipescope::world::BlockedIn, text: &str, wrong: &mut Vec<String>) {
    let mut fields = text.split_whitespace();
    let number: Option<i64> = fields.next().and_then(|n| n.parse().ok());
    let first = fields.next().and_then(|a| i64::from_str_radix(a.trim_start_matches("0x"), 16).ok());
    let expected = match blocked.call.as_str() {
        "read" => libc::SYS_read,
        "write" => libc::SYS_write,
        "wait" | "waitpid" | "wait4" => libc::SYS_wait4,
        "open" | "openat" => libc::SYS_openat,
        _ => return,
    };
    if number != Some(expected) {
        wrong.push(format!("{name} is said to be in {}, but /proc/PID/syscall says {text}", blocked.call));
    }
    if let (Some(fd), true) = (blocked.fd, expected == libc::SYS_read || expected == libc::SYS_write)
        && first != Some(i64::from(fd))
    {
        wrong.push(format!("{name} is said to be in {} of {fd}, but its argument is {first:?}", blocked.call));
    }
}

fn table(pid: i32) -> Option<BTreeMap<i32, Entry>> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten() {
        let number: i32 = entry.file_name().to_str()?.parse().ok()?;
        let link = fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned();
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
        let flags = info.lines().find_map(|l| l.strip_prefix("flags:"))?.trim();
        let flags = i32::from_str_radix(flags, 8).ok()?;
        let access = match flags & libc::O_ACCMODE {
            _ if flags & libc::O_PATH != 0 => Access::None,
            libc::O_RDONLY => Access::Read,
            libc::O_WRONLY => Access::Write,
            libc::O_RDWR => Access::ReadWrite,
            // open(2): 3 is for ioctl alone.
            _ => Access::None,
        };
        let (cloexec, nonblock) = (flags & libc::O_CLOEXEC != 0, flags & libc::O_NONBLOCK != 0);
        out.insert(number, Entry { link, access, cloexec, nonblock });
    }
    Some(out)
}

fn compare_table(process: &Process, wrong: &mut Vec<String>) {
    let name = &process.name;
    let Some(real) = table(process.pid) else { return };
    let drawn: Vec<i32> = process.fds.iter().map(|f| f.number).collect();
    let there: Vec<i32> = real.keys().copied().collect();
    if drawn != there {
        return wrong.push(format!("{name} is said to hold {drawn:?}, but holds {there:?}"));
    }
    for fd in &process.fds {
        let Some(entry) = real.get(&fd.number) else { continue };
        let same = match &fd.target {
            Target::Terminal => entry.link.starts_with("/dev/pts/") || entry.link == "/dev/tty",
            Target::Object(id) => id.0.starts_with(entry.link.as_str()),
            Target::Other(text) => *text == entry.link,
        };
        let flags = (fd.access, fd.cloexec, fd.nonblock) == (entry.access, entry.cloexec, entry.nonblock);
        if !same || !flags {
            wrong.push(format!("{name}'s {} is said to be {fd:?}, but is {entry:?}", fd.number));
        }
    }
}

/// Each end of each pipe is drawn once, and none is drawn that nobody has.
fn compare_holders(world: &World, wrong: &mut Vec<String>) {
    for object in world.objects.iter().filter(|o| o.id.0.starts_with("pipe:")) {
        let mut drawn: Vec<(i32, i32)> = object.holders.iter().filter(|h| !h.outside).map(|h| (h.pid, h.fd)).collect();
        let mut there = Vec::new();
        for process in world.processes.iter().filter(|p| p.program.is_none() && !matches!(p.state, State::Gone(_))) {
            let real = table(process.pid).unwrap_or_default();
            there.extend(real.iter().filter(|(_, e)| e.link == object.id.0).map(|(fd, _)| (process.pid, *fd)));
        }
        let programs: Vec<i32> = world.processes.iter().filter(|p| p.program.is_some()).map(|p| p.pid).collect();
        drawn.retain(|(pid, _)| !programs.contains(pid));
        drawn.sort_unstable();
        there.sort_unstable();
        if drawn != there {
            wrong.push(format!("{} is said to be held by {drawn:?}, but is by {there:?}", object.id.0));
        }
    }
}

fn compare_bytes(world: &World, wrong: &mut Vec<String>) {
    for object in world.objects.iter().filter(|o| o.is_pipe()) {
        let Known::Yes(said) = &object.bytes else { continue };
        let Some(reader) = object.holders.iter().find(|h| h.access == Access::Read && !h.outside) else { continue };
        let path = format!("/proc/{}/fd/{}", reader.pid, reader.fd);
        let mut options = fs::OpenOptions::new();
        let Ok(end) = options.read(true).custom_flags(libc::O_NONBLOCK).open(path) else { continue };
        let mut waiting: libc::c_int = 0;
        // SAFETY: FIONREAD writes one int, and gets the address of one.
        let done = unsafe { libc::ioctl(end.as_raw_fd(), libc::FIONREAD, &raw mut waiting) };
        let running = world.processes.iter().any(|p| p.program.is_some());
        if done == 0 && !running && u64::try_from(waiting).ok() != Some(*said) {
            wrong.push(format!("{} is said to hold {said} bytes, but holds {waiting}", object.id.0));
        }
    }
}
