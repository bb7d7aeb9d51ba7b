//! A terminal: who types at it, or takes what is written there.

use super::{Holder, Said, Sleeper, View, ends, name};
use crate::observe::link_of;
use crate::world::{Access, FdNumber, Pid};

/// A pseudo-terminal of which the other side is held by these.
pub(super) fn terminal(
    view: &View<'_>,
    sleeper: &Sleeper,
    fd: FdNumber,
    access: Access,
    masters: &[(Pid, FdNumber)],
) -> Said {
    let holders: Vec<Holder> =
        masters.iter().map(|(pid, fd)| view.holder(*pid, Some(*fd), Access::ReadWrite)).collect();
    let link = link_of(sleeper.pid, fd).map_or_else(|| "a terminal".into(), |l| name::plain(&l.to_string_lossy()));
    let (what, does) = match access.reads() {
        true => ("for somebody to type", "What is typed comes from its master"),
        false => ("for what was written there to be taken", "It is read, or held up by Ctrl-S, at its master"),
    };
    let doing = match ends::doing(&holders, sleeper.pid) {
        none if none == "none" => String::new(),
        doing => format!(" {doing}."),
    };
    let text = format!(
        "{} waits on fd {fd}, the terminal {link}: {what}. {does}, {}.{doing}",
        view.name(sleeper.pid),
        ends::named(&holders, sleeper.pid)
    );
    Said { rule: "waiting-for-terminal", holders, text, shared: true, ..Said::default() }
}
