//! Why: for each thread that sleeps, what it waits for, who could bring it, and what would.
//!
//! Pipes, FIFOs and children are judged by the rules of [`crate::explain`], on a [`World`](crate::world::World) made of the
//! processes concerned; what a world does not hold (sockets, locks, queues, threads) has its sentences here.

mod circle;
mod ends;
mod flights;
mod opens;
mod others;
mod pipes;
mod report;
mod sockets;
mod system_v;
mod terminals;

pub use report::{Finding, Holder, InFlight, Line, Options, Report};

use super::{Asked, Machine, Sleeper, Wait, Waits, Want, name};
use crate::observe::{Thing, flags_of, link_of};
use crate::world::{Access, FdNumber, Object, Pid};
use std::collections::BTreeSet;
use std::rc::Rc;

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
        let count = found.len();
        let found: Vec<Finding> = found.into_iter().filter(|f| view.is_sure(f)).collect();
        let moved = found.len() < count;
        report.moved += usize::from(moved);
        match asked {
            Asked::Some(_) if found.is_empty() && moved => {}
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
            'T' => findings.push(view.whole(process.pid, others::stopped(&view, process.pid))),
            _ if process.zombie || process.unseen => {}
            _ => findings.extend(view.trouble_of(process.pid).filter(is_told)),
        }
    }
    findings.retain(|f| view.still_sleeps(f) && view.is_sure(f));
    view.put_circles_first(&mut findings);
    findings
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
        match process.letter {
            'T' => return vec![self.whole(pid, others::stopped(self, pid))],
            't' => return others::held_by_tracer(self, pid).map(|said| self.whole(pid, said)).into_iter().collect(),
            _ => {}
        }
        if process.zombie {
            return vec![self.whole(pid, others::dead(self, pid, process.ppid))];
        }
        if process.unseen {
            return vec![self.whole(pid, others::not_permitted(self, pid))];
        }
        let still = |s: &&Sleeper| crate::observe::still_in(s.pid, s.tid, &s.call);
        let threads = self.waits.asleep(pid).iter().filter(still);
        let waits = threads.flat_map(|sleeper| sleeper.waits.iter().map(move |wait| (sleeper, wait)));
        waits.filter(|(sleeper, wait)| self.is_there(sleeper, wait)).map(|(s, wait)| self.of_wait(s, wait)).collect()
    }

    /// The descriptor that it waits at refers to that still: the table was read before the call, perhaps of another process that
    /// had the same pid.
    fn is_there(&self, sleeper: &Sleeper, wait: &Wait) -> bool {
        match (wait.want.thing(), wait.want.fd()) {
            (Some(thing @ (Thing::Pipe(_) | Thing::Socket(_))), Some(fd)) => {
                link_of(sleeper.pid, fd).is_none_or(|link| link.as_os_str() == self.machine.label(thing).as_str())
            }
            _ => true,
        }
    }

    /// What its threads sleep in, as far as it may be trouble.
    fn trouble_of(&self, pid: Pid) -> impl Iterator<Item = Finding> {
        let waits =
            self.waits.asleep(pid).iter().flat_map(|sleeper| sleeper.waits.iter().map(move |wait| (sleeper, wait)));
        let may_be = |(sleeper, wait): &(&Sleeper, &Wait)| may_hang(sleeper, wait) || self.waits.holds_fast(sleeper);
        waits.filter(may_be).map(|(sleeper, wait)| self.of_wait(sleeper, wait))
    }

    /// The thread that it is about is still in its call, at the same thing, or it is about no thread.
    fn still_sleeps(&self, finding: &Finding) -> bool {
        let sleeper = self.waits.asleep(finding.pid).iter().find(|s| s.tid == finding.tid);
        let still = |s: &Sleeper| {
            crate::observe::still_in(s.pid, s.tid, &s.call)
                && s.waits.iter().filter(|w| w.want.fd() == finding.fd).all(|w| self.is_there(s, w))
        };
        finding.rule == "stopped" || sleeper.is_some_and(still)
    }

    /// What is said to be stuck is so at one moment, with all that it waits for.
    fn is_sure(&self, finding: &Finding) -> bool {
        let own = self.waits.asleep(finding.pid).iter().filter(|s| s.tid == finding.tid);
        !finding.stuck || self.waits.hold_still(self.machine, own)
    }

    /// Before the findings the circles that they are part of.
    fn put_circles_first(&self, findings: &mut Vec<Finding>) {
        let (mut seen, mut threads) = (BTreeSet::new(), BTreeSet::new());
        let of_threads = findings.iter().filter_map(|f| circle::of_threads(self, f, (&mut threads, &mut seen)));
        let mut circles: Vec<Finding> = of_threads.collect();
        circles.extend(findings.iter().filter_map(|f| circle::finding(self, f.pid, &mut seen)));
        findings.splice(0..0, circles);
    }

    /// About a process as a whole.
    fn whole(&self, pid: Pid, said: Said) -> Finding {
        Finding {
            rule: said.rule,
            pid,
            tid: pid,
            thread: None,
            comm: self.comm(pid),
            command: self.command(pid),
            user: self.machine.user(pid),
            call: String::new(),
            line: None,
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
        let mut said = flights::qualified(self, sleeper, wait, self.say(sleeper, wait));
        if let Some(signal) = self.waits.alarm(sleeper.pid) {
            let name = self.name(sleeper.pid);
            said.text.push_str(&format!(" {name} has a handler for {signal}: that may end any wait."));
            // A pipe by which a handler wakes its own process is not to be closed.
            said.fix.clear();
        }
        let object = wait.want.thing().map(|thing| self.machine.label(thing));
        let path = || match &wait.want {
            Want::Open { path, .. } | Want::Lease { path, .. } | Want::File { path } => path.clone(),
            _ => None,
        };
        Finding {
            tid: sleeper.tid,
            thread: self.own_name(sleeper),
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
        let is_stopped = |pid: Pid| self.machine.process(pid).is_some_and(|p| p.letter == 'T');
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
            Want::OtherEnd { held, edge } => pipes::other_end(self, sleeper, *held, *edge),
            Want::Open { path, access } => opens::fifo(self, sleeper, path.as_deref(), *access),
            Want::Lease { path, lock, holders } => opens::lease(self, sleeper, path.as_deref(), lock, holders),
            Want::File { path } => opens::file(self, sleeper, path.as_deref()),
            Want::Child(which) => pipes::child(self, sleeper, *which),
            Want::Change(which) => pipes::change(self, sleeper, *which),
            Want::Vfork(which) => pipes::vfork(self, sleeper, *which),
            Want::Socket { fd, inode, access } => sockets::socket(self, sleeper, (*fd, *inode), *access),
            Want::Accept { fd, inode } => sockets::accept(self, sleeper, *fd, *inode),
            Want::Connect { fd, inode, listener } => sockets::connect(self, sleeper, (*fd, *inode), *listener),
            Want::Lock { lock, fd, holders } => others::lock(self, sleeper, lock, *fd, holders),
            Want::Queue(held, access) => others::queue(self, sleeper, *held, *access),
            Want::Event(held) => others::event(self, sleeper, *held),
            Want::Futex(futex) => others::futex(self, sleeper, futex, &wait.releasers),
            Want::Terminal { fd, access, masters } => terminals::terminal(self, sleeper, *fd, *access, masters),
            Want::Elsewhere { .. } | Want::Time | Want::Unknown => others::elsewhere(self, sleeper, &wait.want),
        }
    }

    fn command(&self, pid: Pid) -> Option<Rc<str>> {
        if self.options.wordless { None } else { self.machine.command(pid) }
    }

    fn comm(&self, pid: Pid) -> String {
        self.machine.process(pid).map_or_else(|| "?".into(), |p| p.comm.clone())
    }

    /// The name of a thread, where it is not that of its process.
    fn own_name(&self, sleeper: &Sleeper) -> Option<String> {
        let process = self.machine.process(sleeper.pid)?;
        let threads = self.machine.threads(sleeper.pid);
        let thread = threads.iter().find(|thread| thread.tid == sleeper.tid)?;
        (thread.comm != process.comm).then(|| thread.comm.clone())
    }

    /// `thread 4243 of make[4242]`; a process that has one is called by its name.
    fn thread(&self, pid: Pid, tid: Pid) -> String {
        match self.machine.process(pid) {
            Some(process) if process.threads > 1 => format!("thread {tid} of {}", self.name(pid)),
            _ => self.name(pid),
        }
    }

    /// ``mutex `jobs` ``, or the address of one that has no name.
    fn mutex(&self, sleeper: &Sleeper) -> String {
        let word = sleeper.call.futex.map_or(0, |futex| futex.word);
        let name = if self.options.wordless { None } else { crate::observe::variable_at(sleeper.pid, word) };
        name.map_or_else(|| format!("mutex at {word:#x}"), |name| format!("mutex `{}`", name::plain(&name)))
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
