//! An open(2) that has not returned: of a FIFO, of a file that has a lease, of anything else.

use super::{Holder, Said, Sleeper, View, ends, name};
use crate::observe::Lock;
use crate::survey::Want;
use crate::survey::opens::lease_break_time;
use crate::world::{Access, FdNumber, Pid};

/// An open of a FIFO.
pub(super) fn fifo(view: &View<'_>, sleeper: &Sleeper, path: Option<&str>, access: Access) -> Said {
    let name = view.name(sleeper.pid);
    let file =
        path.map_or_else(|| "a FIFO whose path may not be read".to_owned(), |p| format!("FIFO {}", name::plain(p)));
    let (wants, missing) = match access {
        Access::Read => ("for reading", "writing"),
        Access::Write => ("for writing", "reading"),
        _ => ("", "its other end"),
    };
    let mut text = format!("{name} opens {file} {wants} and waits: nobody has it open for {missing}.");
    let beside: Vec<Pid> = view
        .machine
        .processes()
        .iter()
        .map(|p| p.pid)
        .filter(|pid| *pid != sleeper.pid && path.is_some() && opens(view, *pid, path, access))
        .collect();
    if !beside.is_empty() {
        let names: Vec<String> = beside.iter().map(|pid| view.name(*pid)).collect();
        text.push_str(&format!(" {} opens the same end.", name::list(&names)));
    }
    let job = view.waits.asleep(sleeper.pid).iter().filter(|s| s.tid == sleeper.tid).flat_map(|s| &s.waits);
    let job: Vec<Holder> = job.flat_map(|w| &w.releasers).map(|pid| view.holder(*pid, None, Access::None)).collect();
    match job.is_empty() {
        true => text.push_str(" It is alone in its job; any other process may open it."),
        false => text.push_str(&format!(" Of its own job, {}.", ends::doing(&job, sleeper.pid))),
    }
    let redirect = if access == Access::Write { "cat" } else { ":" };
    let sign = if access == Access::Write { "<" } else { ">" };
    let fix = path.map(|p| format!("{redirect} {sign} {}", name::plain(p))).unwrap_or_default();
    Said { rule: "blocked-open", text, fix, ..Said::default() }
}

fn opens(view: &View<'_>, pid: Pid, path: Option<&str>, access: Access) -> bool {
    let waits = view.waits.asleep(pid).iter().flat_map(|s| &s.waits);
    waits
        .into_iter()
        .any(|w| matches!(&w.want, Want::Open { path: p, access: a } if p.as_deref() == path && *a == access))
}

/// An open that breaks a lease: it waits until that is given up, or the kernel takes it away (fcntl(2), F_SETLEASE).
pub(super) fn lease(
    view: &View<'_>,
    sleeper: &Sleeper,
    path: Option<&str>,
    lock: &Lock,
    holders: &[(Pid, Vec<FdNumber>)],
) -> Said {
    let one = |(pid, fds): &(Pid, Vec<FdNumber>)| view.holder(*pid, fds.first().copied(), Access::None);
    let holders: Vec<Holder> = holders.iter().map(one).collect();
    let file = path.map_or_else(|| format!("the file {}", lock.file), name::plain);
    let whose = match holders.as_slice() {
        [] => "that no process holds which can be seen".to_owned(),
        some => format!("of {}", ends::named(some, sleeper.pid)),
    };
    let doing = match holders.as_slice() {
        [] => String::new(),
        some => format!(" {}.", ends::doing(some, sleeper.pid)),
    };
    let end = match lease_break_time() {
        Some(seconds) => format!("The kernel takes it away {seconds} s after it asked for it to be given up"),
        None => "The kernel does not take it away by itself".to_owned(),
    };
    let text = format!(
        "{} opens {file} and waits for a lease on it, {whose}, to be given up (fcntl(2), F_SETLEASE).{doing} {end}.",
        view.name(sleeper.pid)
    );
    let unlock = |h: &Holder| Some(format!("{}: fcntl({}, F_SETLEASE, F_UNLCK)", view.name(h.pid), h.fd?));
    let fix = holders.iter().find_map(unlock).unwrap_or_default();
    Said { rule: "waiting-for-lease", holders, text, fix, shared: true, ..Said::default() }
}

/// An open of something else: where in the kernel it sleeps is all that is told.
pub(super) fn file(view: &View<'_>, sleeper: &Sleeper, path: Option<&str>) -> Said {
    let file = path.map_or_else(|| "a file whose path may not be read".to_owned(), name::plain);
    let place = name::plain(&sleeper.call.place);
    let text = format!(
        "{} opens {file} and sleeps in the kernel's {place}. No process at the other end of a FIFO is waited for there: a device, or \
         a file system, has not answered.",
        view.name(sleeper.pid)
    );
    Said { rule: "waiting-elsewhere", text, ..Said::default() }
}
