//! Why: for each thread that sleeps, what it waits for, who could bring it, and what would.
//!
//! Pipes, FIFOs and children are judged by the rules of [`crate::explain`], on a [`World`](crate::world::World) made of the
//! processes concerned; what a world does not hold (sockets, locks, queues, threads) has its sentences here.

mod circle;
mod ends;
mod flights;
mod others;
mod pipes;
mod sockets;
mod system_v;

use super::{Asked, Machine, Sleeper, Wait, Waits, Want, name};
use crate::observe::{Thing, flags_of};
use crate::world::{Access, FdNumber, Object, Pid};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What to do beyond reading /proc.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Look at the bytes that wait in pipes: for that a read end of each is opened for some microseconds.
    pub peek: bool,
    /// Leave out the words that processes were started with: each costs a file.
    pub wordless: bool,
}

/// Something that a process sleeps in, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name: `eof-withheld`.
    pub rule: &'static str,
    /// The process.
    pub pid: Pid,
    /// The thread; the process's own id for its first.
    pub tid: Pid,
    /// The process's command.
    pub comm: String,
    /// The words it was started with, where they tell more than that.
    pub command: Option<Rc<str>>,
    /// The user it acts as.
    pub user: Rc<str>,
    /// The call it sleeps in, `read(3)`; empty where it is about a process as a whole.
    pub call: String,
    /// The descriptor it waits on.
    pub fd: Option<FdNumber>,
    /// What that refers to: `pipe:[9751]`.
    pub object: Option<String>,
    /// Who holds what would release it, itself included: every one on the machine that may be seen.
    pub holders: Vec<Holder>,
    /// Processes that did not let us look: each may hold an end too.
    pub unseen: usize,
    /// Sockets in which descriptors are in flight, that end perhaps among them; empty where that is no question.
    pub in_flight: Vec<InFlight>,
    /// What is to be said, in one or more sentences.
    pub text: String,
    /// What would cure it, one call or command a line; empty where there is none.
    pub fix: String,
    /// Nothing that can be seen will release it.
    pub stuck: bool,
    /// The pipe or FIFO with what waits in it, where a peek was asked for.
    pub peeked: Option<Object>,
}

/// A socket in which descriptors wait that were sent and not received yet; the kernel does not tell what they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// Its name: `socket:[9752]`.
    pub socket: String,
    /// How many wait in it; `None` where nobody holds it, so that nobody can ask.
    pub descriptors: Option<u64>,
    /// It is a listener: they were sent over connections that nobody has accepted.
    pub listens: bool,
    /// Who could receive them; of a listener after an accept. Nobody where the socket is in flight itself.
    pub holders: Vec<Holder>,
}

/// A descriptor that holds an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: Pid,
    /// The process's command.
    pub comm: String,
    /// The words it was started with, where they tell more than that.
    pub command: Option<Rc<str>>,
    /// The user that acts as.
    pub user: Rc<str>,
    /// The descriptor; `None` for who holds something without one (a child, a lock).
    pub fd: Option<FdNumber>,
    /// In which directions it may be used.
    pub access: Access,
    /// What that process is doing.
    pub doing: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings, by process and thread.
    pub findings: Vec<Finding>,
    /// Asked about everybody: how many processes sleep as servers and shells do all day, and are not told of.
    pub ordinary: usize,
    /// Those asked about that wait for nothing, by name.
    pub awake: Vec<String>,
    /// Processes that did not let us look, by name, user and pid.
    pub unseen: Vec<String>,
    /// /proc does not even list the processes of others.
    pub hidden: bool,
    /// We act as root: nobody could see more by becoming it.
    pub root: bool,
}

/// What those asked about sleep in. Asked about everybody, only what looks like trouble is told.
pub fn why(machine: &Machine, asked: &Asked, options: Options) -> Report {
    let own = nix::unistd::getpid().as_raw();
    let pids = machine.processes().iter().map(|p| p.pid).filter(|pid| asked.has(*pid) && *pid != own);
    let pids: Vec<Pid> = pids.collect();
    let waits = Waits::of(machine, pids.iter().copied());
    why_of(machine, &waits, asked, options)
}

/// The same where it has been read who waits for whom: of those asked about at least.
pub fn why_of(machine: &Machine, waits: &Waits, asked: &Asked, options: Options) -> Report {
    let own = nix::unistd::getpid().as_raw();
    let pids: Vec<Pid> =
        machine.processes().iter().map(|p| p.pid).filter(|pid| asked.has(*pid) && *pid != own).collect();
    let view = View { machine, waits, options };
    let unseen = machine.unseen().map(|p| format!("{} (user {})", machine.name(p.pid), machine.user(p.pid)));
    let root = nix::unistd::geteuid().is_root();
    let mut report = Report { unseen: unseen.collect(), hidden: machine.hides_others(), root, ..Report::default() };
    for pid in pids {
        let found = view.of_process(pid);
        match asked {
            Asked::Some(_) if found.is_empty() => report.awake.push(machine.name(pid).into_owned()),
            Asked::Some(_) => report.findings.extend(found),
            Asked::All => {
                let (trouble, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(Finding::is_trouble);
                report.ordinary += usize::from(trouble.is_empty() && !rest.is_empty());
                report.findings.extend(trouble);
            }
        }
    }
    view.put_circles_first(&mut report.findings);
    report
}

/// The findings of [`why_of`] that are trouble or stuck, without the words that processes were started with: for who asks every
/// second. What cannot be trouble is not even put into words.
pub fn trouble(machine: &Machine, waits: &Waits, asked: &Asked) -> Vec<Finding> {
    let own = nix::unistd::getpid().as_raw();
    let view = View { machine, waits, options: Options { wordless: true, ..Options::default() } };
    let is_told = |f: &Finding| f.is_trouble() || f.stuck && *asked != Asked::All;
    let mut findings = Vec::new();
    for process in machine.processes().iter().filter(|p| asked.has(p.pid) && p.pid != own) {
        match process.letter {
            'T' | 't' => findings.push(view.whole(process.pid, others::stopped(&view, process.pid))),
            _ if process.zombie || process.unseen => {}
            _ => findings.extend(view.trouble_of(process.pid).filter(is_told)),
        }
    }
    findings.retain(|f| view.still_sleeps(f));
    view.put_circles_first(&mut findings);
    findings
}

impl Finding {
    /// More than the ordinary waiting of an idle machine.
    pub fn is_trouble(&self) -> bool {
        const ALWAYS: [&str; 7] = [
            "eof-withheld",
            "writer-blocked-on-full",
            "peer-not-reading",
            "not-accepted",
            "waiting-for-lock",
            "queue-full",
            "stopped",
        ];
        const NEVER: [&str; 5] =
            ["waiting-elsewhere", "waiting-for-thread", "not-permitted", "own-end", "dead-not-waited-for"];
        ALWAYS.contains(&self.rule) || self.stuck && !NEVER.contains(&self.rule)
    }
}

/// What every sentence needs.
struct View<'m> {
    machine: &'m Machine,
    waits: &'m Waits,
    options: Options,
}

/// What a rule has found of one wait: the part of a [`Finding`] that differs from rule to rule.
#[derive(Default)]
struct Said {
    rule: &'static str,
    holders: Vec<Holder>,
    text: String,
    fix: String,
    /// Others could hold an end unseen.
    shared: bool,
    peeked: Option<Object>,
    in_flight: Vec<InFlight>,
}

/// A wait that is trouble in some case, even where it may be that somebody ends it.
fn may_hang(sleeper: &Sleeper, wait: &Wait) -> bool {
    match &wait.want {
        Want::Pipe(_) | Want::Socket { .. } | Want::Connect { .. } | Want::Lock { .. } => true,
        Want::Queue(_, access) => *access == Access::Write,
        Want::Elsewhere { .. } | Want::Time | Want::Unknown => sleeper.call.blocked.call == "msgsnd",
        _ => false,
    }
}

impl View<'_> {
    fn of_process(&self, pid: Pid) -> Vec<Finding> {
        let Some(process) = self.machine.process(pid) else { return Vec::new() };
        if matches!(process.letter, 'T' | 't') {
            return vec![self.whole(pid, others::stopped(self, pid))];
        }
        if process.zombie {
            return vec![self.whole(pid, others::dead(self, pid, process.ppid))];
        }
        if process.unseen {
            return vec![self.whole(pid, others::not_permitted(self, pid))];
        }
        let still = |s: &&Sleeper| crate::observe::still_in(s.pid, s.tid, &s.call);
        let threads = self.waits.asleep(pid).iter().filter(still);
        threads.flat_map(|sleeper| sleeper.waits.iter().map(move |wait| self.of_wait(sleeper, wait))).collect()
    }

    /// What its threads sleep in, as far as it may be trouble.
    fn trouble_of(&self, pid: Pid) -> impl Iterator<Item = Finding> {
        let waits =
            self.waits.asleep(pid).iter().flat_map(|sleeper| sleeper.waits.iter().map(move |wait| (sleeper, wait)));
        let may_be = |(sleeper, wait): &(&Sleeper, &Wait)| may_hang(sleeper, wait) || self.waits.holds_fast(sleeper);
        waits.filter(may_be).map(|(sleeper, wait)| self.of_wait(sleeper, wait))
    }

    /// The thread that it is about is still in its call, or it is about no thread.
    fn still_sleeps(&self, finding: &Finding) -> bool {
        let is_it = |s: &&Sleeper| s.tid == finding.tid;
        let sleeper = self.waits.asleep(finding.pid).iter().find(is_it);
        finding.rule == "stopped" || sleeper.is_some_and(|s| crate::observe::still_in(s.pid, s.tid, &s.call))
    }

    /// Before the findings the circles that they are part of.
    fn put_circles_first(&self, findings: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        let circles: Vec<Finding> = findings.iter().filter_map(|f| circle::finding(self, f.pid, &mut seen)).collect();
        findings.splice(0..0, circles);
    }

    /// About a process as a whole.
    fn whole(&self, pid: Pid, said: Said) -> Finding {
        Finding {
            rule: said.rule,
            pid,
            tid: pid,
            comm: self.comm(pid),
            command: self.command(pid),
            user: self.machine.user(pid),
            call: String::new(),
            fd: None,
            object: None,
            holders: said.holders,
            unseen: 0,
            in_flight: said.in_flight,
            text: said.text,
            fix: said.fix,
            stuck: false,
            peeked: None,
        }
    }

    fn of_wait(&self, sleeper: &Sleeper, wait: &Wait) -> Finding {
        let said = flights::qualified(self, sleeper, wait, self.say(sleeper, wait));
        let object = wait.want.thing().map(|thing| self.machine.label(thing));
        let path = || match &wait.want {
            Want::Open { path, .. } => path.clone(),
            _ => None,
        };
        Finding {
            tid: sleeper.tid,
            call: name::call(&sleeper.call.blocked),
            fd: wait.want.fd().filter(|fd| *fd >= 0),
            object: object.or_else(path),
            unseen: if said.shared { self.machine.unseen().count() } else { 0 },
            stuck: self.waits.holds_fast(sleeper),
            peeked: said.peeked.clone(),
            ..self.whole(sleeper.pid, said)
        }
    }

    fn say(&self, sleeper: &Sleeper, wait: &Wait) -> Said {
        let said = self.say_of_want(sleeper, wait);
        let own = !said.holders.is_empty() && said.holders.iter().all(|h| h.pid == sleeper.pid);
        if !own || said.rule != "eof-withheld" {
            return self.go_on_first(sleeper, said);
        }
        if !self.is_event_loop(sleeper, wait) {
            return self.by_another_thread(sleeper, wait, said);
        }
        let text = format!(
            "{} watches fd {}, whose other end only it holds itself, by {}: event loops wake themselves so. If it expects \
             bytes or end of file from somebody else there, it should have closed that end before.",
            self.name(sleeper.pid),
            wait.want.fd().unwrap_or(-1),
            ends::named(&said.holders, sleeper.pid)
        );
        Said { rule: "own-end", text, fix: String::new(), ..said }
    }

    /// Its own end, and threads of its own that can go on: these may be the ones to write there.
    fn by_another_thread(&self, sleeper: &Sleeper, wait: &Wait, said: Said) -> Said {
        let threads = self.machine.process(sleeper.pid).map_or(1, |p| p.threads);
        if threads < 2 || self.waits.is_stuck(sleeper.pid) {
            return said;
        }
        let text = format!(
            "{} waits for bytes on fd {}, whose other end only it holds itself, by {}: another of its {threads} threads may \
             write there. End of file comes only once it has closed that itself.",
            self.name(sleeper.pid),
            wait.want.fd().unwrap_or(-1),
            ends::named(&said.holders, sleeper.pid)
        );
        Said { rule: "own-end", text, fix: String::new(), ..said }
    }

    /// It watches several, or one that it will not wait for in a read: most event loops wake themselves by a pipe or
    /// socket of which both ends are their own.
    fn is_event_loop(&self, sleeper: &Sleeper, wait: &Wait) -> bool {
        let fd = wait.want.fd().filter(|_| !sleeper.call.watched.is_empty());
        let nonblock =
            |fd| flags_of(sleeper.pid, &[fd]).first().copied().flatten().is_some_and(|(_, nonblock)| nonblock);
        fd.is_some_and(|fd| sleeper.call.watched.len() > 1 || nonblock(fd))
    }

    /// Where somebody it waits for is stopped by a signal, that is the first thing to mend.
    fn go_on_first(&self, sleeper: &Sleeper, said: Said) -> Said {
        let is_stopped = |pid: Pid| self.machine.process(pid).is_some_and(|p| matches!(p.letter, 'T' | 't'));
        let stopped: BTreeSet<Pid> =
            said.holders.iter().map(|h| h.pid).filter(|pid| *pid != sleeper.pid && is_stopped(*pid)).collect();
        if stopped.is_empty() || said.rule == "eof-withheld" {
            return said;
        }
        let lines: Vec<String> = stopped.iter().map(|pid| format!("kill -CONT {pid}")).collect();
        Said { fix: lines.join("\n"), ..said }
    }

    fn say_of_want(&self, sleeper: &Sleeper, wait: &Wait) -> Said {
        match &wait.want {
            Want::Pipe(held) => pipes::pipe(self, sleeper, *held),
            Want::Open { path, access } => pipes::open(self, sleeper, path.as_deref(), *access),
            Want::Child(which) => pipes::child(self, sleeper, *which),
            Want::Vfork(which) => pipes::vfork(self, sleeper, *which),
            Want::Socket { fd, inode, access } => sockets::socket(self, sleeper, (*fd, *inode), *access),
            Want::Accept { fd, inode } => sockets::accept(self, sleeper, *fd, *inode),
            Want::Connect { fd, inode, listener } => sockets::connect(self, sleeper, (*fd, *inode), *listener),
            Want::Lock { lock, fd, holders } => others::lock(self, sleeper, lock, *fd, holders),
            Want::Queue(held, access) => others::queue(self, sleeper, *held, *access),
            Want::Event(held) => others::event(self, sleeper, *held),
            Want::Futex(futex) => others::futex(self, sleeper, futex),
            Want::Elsewhere { .. } | Want::Time | Want::Unknown => others::elsewhere(self, sleeper, &wait.want),
        }
    }

    fn command(&self, pid: Pid) -> Option<Rc<str>> {
        if self.options.wordless { None } else { self.machine.command(pid) }
    }

    fn comm(&self, pid: Pid) -> String {
        self.machine.process(pid).map_or_else(|| "?".into(), |p| p.comm.clone())
    }

    fn name(&self, pid: Pid) -> String {
        self.machine.name(pid).into_owned()
    }

    /// Every descriptor of a thing that fits, as holders.
    fn holders(&self, thing: Thing, fits: impl Fn(Access) -> bool) -> Vec<Holder> {
        let all = self.machine.holders(thing).iter().filter(|h| fits(h.access));
        all.map(|h| self.holder(h.pid, h.fd, h.access)).collect()
    }

    fn holder(&self, pid: Pid, fd: Option<FdNumber>, access: Access) -> Holder {
        let (user, command) = (self.machine.user(pid), self.command(pid));
        Holder { pid, comm: self.comm(pid), command, user, fd, access, doing: self.machine.doing(pid) }
    }
}
