//! What a process is doing: `/proc/PID/stat` and, where it sleeps, `/proc/PID/syscall`.

use super::Subject;
use super::blocked::{self, Asleep};
use super::proc_dir::ProcDir;
use super::stat::{self, Stat};
use crate::world::{BlockedIn, Death, State};
use nix::errno::Errno;

/// How often a process that is on its way to its mailbox is looked at again before it is called running.
const LOOKS: usize = 20;

/// The state of a process, and the stat that it was seen with. `None`: it is gone, or another has its pid.
pub(super) fn read(subject: &Subject, dir: &ProcDir) -> Option<(Stat, State)> {
    let mut look = 0;
    loop {
        let stat = Stat::read(dir).ok()?;
        if subject.start_time != 0 && stat.start_time != subject.start_time {
            return None;
        }
        let state = state(subject, dir, &stat)?;
        look += 1;
        // It has told that it is done and sleeps in a moment: a few microseconds, not worth a word on the screen.
        let settling = state == State::Running && subject.at_mailbox && !subject.execed;
        if !settling || look >= LOOKS {
            return Some((stat, state));
        }
        std::thread::yield_now();
    }
}

fn state(subject: &Subject, dir: &ProcDir, stat: &Stat) -> Option<State> {
    match stat.state {
        'X' | 'x' => None,
        'Z' if stat.is_zombie() => Some(State::Zombie(death(subject, dir, stat))),
        'T' | 't' => Some(State::Stopped),
        'S' => Some(asleep(subject, dir)),
        // Not to be interrupted: a disk, or a parent that waits until its child runs another program.
        'D' => match asleep(subject, dir) {
            State::Blocked(b) if b.call != "vfork" => Some(State::Running),
            other => Some(other),
        },
        _ => Some(State::Running),
    }
}

fn asleep(subject: &Subject, dir: &ProcDir) -> State {
    match Asleep::read(dir) {
        Ok(asleep) if asleep.at_mailbox() && !subject.execed => State::Idle,
        Ok(Asleep::In(number, arguments)) => {
            State::Blocked(blocked::describe(number, arguments, &blocked::memory_of(subject.pid, dir)))
        }
        Ok(Asleep::Not | Asleep::Elsewhere) => State::Running,
        Err(_) if subject.at_mailbox && !subject.execed => State::Idle,
        // That it sleeps is known; in which call, the kernel does not tell us.
        Err(_) => {
            State::Blocked(BlockedIn { call: "?".into(), fd: None, child: None, path: None, count: None, opens: None })
        }
    }
}

fn death(subject: &Subject, dir: &ProcDir, stat: &Stat) -> Death {
    // Without the right to look the field reads 0, which would be a lie; the same right guards this link, which a
    // zombie does not have any more.
    let refused = matches!(dir.link(c"exe"), Err(Errno::EACCES | Errno::EPERM));
    match stat.exit_code {
        Some(status) if !refused => stat::death(status),
        _ => subject.death.unwrap_or(Death::Unknown),
    }
}
