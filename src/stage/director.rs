//! The director's side: setting up, handing out calls, and clearing away.

use super::cast::Cast;
use super::kernel;
use super::memory::{Memory, wait, wake};
use super::names::{self, Named};
use super::order::Rules;
use super::terminal::{TYPED, Terminal};
use super::warden;
use super::{Options, Refusal, Stage, StageError};
use crate::notation::{Call, Completion, Data, Detail, Directed, Outcome, STAGE};
use crate::observe::Subject;
use crate::world::Pid;
use nix::sys::signal::{Signal, kill};
use nix::unistd::AccessFlags;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the warden may take to be ready, and a process to appear.
const BIRTH: Duration = Duration::from_secs(10);
/// How long the warden may take to end everything.
const END: Duration = Duration::from_secs(5);
/// How often to look while waiting for one of these.
const GLANCE: Duration = Duration::from_millis(1);

impl Stage {
    /// Set up an empty stage: warden, terminal, shared memory, scratch folder.
    ///
    /// # Errors
    /// Where one of them cannot be had, with what the system said.
    pub fn start(options: &Options) -> Result<Stage, StageError> {
        Stage::set_up(options).map_err(|e| StageError(format!("cannot set up the stage: {e}")))
    }

    fn set_up(options: &Options) -> io::Result<Stage> {
        let place = place_for_scratch()?;
        let (terminal, slave) = Terminal::open(options.terminal)?;
        let (memory, memfd) = Memory::create(place.as_os_str().as_bytes())?;
        let (orders, theirs) = UnixStream::pair()?;
        let program = options.warden.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
        let warden = Command::new(program)
            .arg0(warden::TITLE)
            .arg(warden::ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(memfd)
            .stderr(slave)
            .spawn()?;
        let mut stage = Stage {
            memory,
            warden,
            orders: Some(orders),
            terminal,
            scratch: PathBuf::new(),
            options: options.clone(),
            cast: Cast::default(),
            reaped_seen: 0,
            last_stamp: 0,
            starting: None,
            own: None,
            own_done: None,
            lost: false,
        };
        stage.await_warden()?;
        stage.scratch = PathBuf::from(OsString::from_vec(stage.memory.path()));
        Ok(stage)
    }

    fn await_warden(&mut self) -> io::Result<()> {
        let limit = Instant::now() + BIRTH;
        loop {
            let header = self.memory.header();
            let event = header.event.load(Ordering::Acquire);
            if header.warden.load(Ordering::Acquire) != 0 {
                return Ok(());
            }
            if let Some(status) = self.warden.try_wait()? {
                self.lost = true;
                let said = String::from_utf8_lossy(&self.terminal.take()).trim().to_owned();
                return Err(io::Error::other(format!("its warden ended at once ({status}): {said}")));
            }
            if Instant::now() > limit {
                return Err(io::Error::other("its warden does not get ready"));
            }
            wait(&self.memory.header().event, event, GLANCE);
        }
    }

    /// Begin a process that is no relation of the others, and wait until it is there.
    ///
    /// # Errors
    /// [`Refusal::Impossible`] where the name is taken, there are too many, or the kernel makes no more.
    pub fn start_process(&mut self, name: &str) -> Result<Pid, Refusal> {
        let call = Call::Start { name: name.to_owned() };
        self.issue(&Directed { process: STAGE.to_owned(), call })?;
        self.settle(BIRTH);
        match self.cast.living(name).ok().and_then(|index| self.cast.actors.get(index)) {
            Some(actor) => Ok(actor.pid),
            None => Err(Refusal::Impossible(format!("the system did not let {name} begin: end some processes first"))),
        }
    }

    /// Hand a call to its process, and return at once; [`Stage::settle`] tells what became of it.
    ///
    /// # Errors
    /// Where the call was not handed on: the kernel was not asked.
    pub fn issue(&mut self, directed: &Directed) -> Result<(), Refusal> {
        if self.lost {
            return Err(Refusal::Impossible(
                "the stage has lost its warden, and every process with it: start again".into(),
            ));
        }
        self.own = None;
        self.own_done = None;
        if let Call::Start { name } = &directed.call {
            return self.issue_start(name, &directed.call);
        }
        if let Call::Type { data } = &directed.call {
            return self.issue_type(data, &directed.call);
        }
        if directed.process == STAGE {
            return Err(Refusal::Impossible(format!("{STAGE} itself can only start(NAME) and type: name a process")));
        }
        let index = self.cast.living(&directed.process)?;
        let slot = self.free_to_act(index)?;
        let rules = Rules { cast: &self.cast, options: &self.options, scratch: &self.scratch, actor: index };
        let order = rules.order(&directed.call)?;
        if let Some(named) = Named::made_by(&directed.call)
            && !self.memory.remember(&named.entry())
        {
            return Err(Refusal::Impossible("there are too many names of memory and queues on this stage".into()));
        }
        let Some(actor) = self.cast.actors.get_mut(index) else {
            return Err(Refusal::NoSuchProcess(format!("there is no process called {}", directed.process)));
        };
        if let Some((child, name)) = &order.child {
            self.memory.slot(*child).reset(name);
            self.cast.expected.push((*child, name.clone(), actor.pid));
        }
        actor.given = Some(super::cast::Given { call: directed.call.clone(), used: order.used, child: order.child });
        actor.running = false;
        actor.asleep = None;
        if matches!(directed.call, Call::Kill { .. }) {
            // Whoever runs is worth waiting for now: the signal may be its end.
            self.cast.actors.iter_mut().for_each(|a| a.running = false);
        }
        self.own = Some(index);
        self.memory.put(slot, 0, &order.bytes);
        let slot = self.memory.slot(slot);
        for (word, value) in slot.args.iter().zip(order.args) {
            word.store(value, Ordering::Relaxed);
        }
        slot.op.store(order.op as u32, Ordering::Relaxed);
        slot.command.fetch_add(1, Ordering::Release);
        wake(&slot.command);
        Ok(())
    }

    fn issue_start(&mut self, name: &str, call: &Call) -> Result<(), Refusal> {
        self.cast.check_name(name)?;
        if self.starting.is_some() {
            return Err(Refusal::Busy("the stage is still starting another process".into()));
        }
        let slot = self.cast.free_slot()?;
        self.memory.slot(slot).reset(name);
        let order = [u8::try_from(slot).unwrap_or(0)];
        let sent = self.orders.as_mut().is_some_and(|orders| orders.write_all(&order).is_ok());
        if !sent {
            return Err(Refusal::Impossible("the stage's warden does not answer: start again".into()));
        }
        self.cast.expected.push((slot, name.to_owned(), self.warden.id().cast_signed()));
        self.starting = Some((slot, call.clone()));
        Ok(())
    }

    /// Whoever was given up as running may read it: it is worth waiting for again.
    fn issue_type(&mut self, data: &Data, call: &Call) -> Result<(), Refusal> {
        let room = u64::try_from(TYPED).unwrap_or(0);
        if data.len() > room {
            return Err(Refusal::Impossible(format!("as much as {room} bytes can be typed at once: type less")));
        }
        self.cast.actors.iter_mut().for_each(|a| a.running = false);
        self.terminal.deliver(&data.bytes());
        let outcome = Outcome::Returned(data.len().cast_signed());
        let (process, call) = (STAGE.to_owned(), Some(call.clone()));
        self.own_done = Some(Completion { process, call, outcome, detail: Detail::None });
        Ok(())
    }

    /// The mailbox of a process that waits for its next call.
    fn free_to_act(&self, index: usize) -> Result<usize, Refusal> {
        let Some(actor) = self.cast.actors.get(index) else { return Err(Refusal::NoSuchProcess(String::new())) };
        let name = &actor.name;
        if let Some(program) = &actor.program {
            return Err(Refusal::Impossible(format!(
                "{name} runs {program} since its exec and takes no more calls from here"
            )));
        }
        if let Some(given) = &actor.given {
            return Err(Refusal::Busy(format!(
                "{name} is still in {}: it takes its next call when that returns",
                given.call
            )));
        }
        actor.slot.ok_or_else(|| Refusal::NoSuchProcess(format!("there is no process called {name}")))
    }

    /// Every process there ever was on this stage, in order of creation, as observe takes them.
    pub fn subjects(&self) -> Vec<Subject> {
        let subject = |actor: &super::cast::Actor| Subject {
            name: actor.name.clone(),
            pid: actor.pid,
            start_time: actor.start_time,
            stdout: actor.slot.map_or(0, |slot| self.memory.slot(slot).stdout.load(Ordering::Relaxed)),
            at_mailbox: actor.alive() && actor.given.is_none() && actor.program.is_none(),
            execed: actor.program.is_some(),
            death: actor.death,
            maps: if actor.alive() { actor.maps.there().collect() } else { Vec::new() },
            ppid: actor.ppid,
        };
        self.cast.actors.iter().map(subject).collect()
    }

    /// What the processes wrote to their terminal since the last call. At most 256 KiB are kept in between: a process
    /// that writes more sleeps in its write(2) until this is called.
    pub fn terminal_output(&mut self) -> Vec<u8> {
        self.terminal.take()
    }

    /// The director's end of the stage's terminal, to wait for output with poll(2). Not for reading.
    pub fn terminal_fd(&self) -> BorrowedFd<'_> {
        std::os::fd::AsFd::as_fd(&self.terminal)
    }

    /// Type into the stage's terminal. It is an ordinary terminal: it echoes, and Ctrl-C is SIGINT to every process.
    pub fn type_in(&mut self, bytes: &[u8]) {
        self.terminal.type_in(bytes);
    }

    /// Give the stage's terminal another size: rows, columns.
    pub fn resize_terminal(&mut self, rows: u16, columns: u16) {
        // Where the kernel refuses it, the size stays as it was, which hurts nobody.
        let _ = self.terminal.resize(rows, columns);
    }

    /// Send the living process of this name a signal that is no step of any process, as from another terminal; false
    /// where there is none to get it.
    pub fn signal_from_outside(&self, name: &str, signal: i32) -> bool {
        self.cast.living(name).ok().and_then(|index| self.cast.actors.get(index)).is_some_and(|a| a.signal(signal))
    }

    /// The stage's own folder, where relative paths lead.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The warden's pid: the parent of every process that the stage starts.
    pub fn warden_pid(&self) -> Pid {
        self.warden.id().cast_signed()
    }

    /// The warden has died, and with it the stage: every call is refused from now on.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Has the warden been killed? Then nothing may outlive it.
    pub(super) fn look_after_warden(&mut self) {
        if !self.lost && !matches!(self.warden.try_wait(), Ok(None)) {
            self.lost = true;
            self.cast.expected.clear();
            self.starting = None;
            self.kill_all();
        }
    }

    /// Kill everybody we know, and whoever else belongs to the warden's session.
    fn kill_all(&mut self) {
        for actor in &self.cast.actors {
            actor.kill();
        }
        let session = self.warden_pid();
        let limit = Instant::now() + END;
        loop {
            let left = kernel::session(session);
            if left.is_empty() || Instant::now() > limit {
                return;
            }
            for pid in left {
                let _ = kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
            }
            std::thread::sleep(GLANCE);
        }
    }
}

impl Drop for Stage {
    /// The warden ends everything as soon as nobody gives it orders any more; where it cannot, we do.
    fn drop(&mut self) {
        self.orders = None;
        let limit = Instant::now() + END;
        while !self.lost && matches!(self.warden.try_wait(), Ok(None)) {
            if Instant::now() > limit {
                let _ = self.warden.kill();
                let _ = self.warden.wait();
                self.lost = true;
            }
            let event = self.memory.header().event.load(Ordering::Acquire);
            wait(&self.memory.header().event, event, GLANCE);
        }
        if self.lost {
            self.kill_all();
        }
        // The warden has done so already; where it was killed, it could not.
        names::remove_all(&self.memory);
        if self.scratch.is_absolute() {
            let _ = std::fs::remove_dir_all(&self.scratch);
        }
    }
}

/// Where the stage's folder can lie: the first of these in which files can be made.
fn place_for_scratch() -> io::Result<PathBuf> {
    let named = ["XDG_RUNTIME_DIR", "TMPDIR"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let absolute = named.filter(|p| p.is_absolute() && p.is_dir());
    let mut places = absolute.chain([PathBuf::from("/tmp")]);
    let usable = AccessFlags::W_OK | AccessFlags::X_OK;
    let place = places.find(|p| nix::unistd::access(p, usable).is_ok());
    let place =
        place.ok_or_else(|| io::Error::other("there is no folder for it: /tmp cannot be written to; set TMPDIR"))?;
    place.canonicalize()
}
