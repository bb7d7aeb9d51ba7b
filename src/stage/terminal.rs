//! A terminal for processes to be in: our end of a pseudo-terminal, pty(7).

use super::keeper;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, tcgetattr};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

/// Output that nobody has taken yet, at the most. Beyond it the terminal is not read, so that a process that floods
/// it comes to sleep in its own write(2), as before a terminal that nobody looks at.
const UNTAKEN: usize = 256 << 10;
/// What was typed and not read by any process, at the most, beside what the kernel itself keeps.
pub(super) const TYPED: usize = 64 << 10;

/// How long a line may lie in the terminal before nobody seems to read it.
const TAKEN: Duration = Duration::from_millis(100);

/// Our end.
#[derive(Debug)]
pub struct Terminal {
    master: OwnedFd,
    /// The path of the processes' end.
    name: String,
    output: Vec<u8>,
    typed: VecDeque<u8>,
}

impl Terminal {
    /// A new one of this size (rows, columns), and the end that the processes get.
    ///
    /// # Errors
    /// Where the kernel gives none: `/dev/ptmx` is missing, or all are taken.
    pub fn open((rows, columns): (u16, u16)) -> io::Result<(Terminal, OwnedFd)> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname_r(&master)?;
        let slave = std::fs::OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(&name)?;
        fcntl(&master, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
        // SAFETY: the descriptor is taken out of its former owner, and this is the only new one.
        let master = unsafe { OwnedFd::from_raw_fd(std::os::fd::IntoRawFd::into_raw_fd(master)) };
        let terminal = Terminal { master, name, output: Vec::new(), typed: VecDeque::new() };
        terminal.resize(rows, columns)?;
        Ok((terminal, slave.into()))
    }

    /// Tell the processes another size (SIGWINCH goes to them).
    ///
    /// # Errors
    /// Where the kernel refuses.
    pub fn resize(&self, rows: u16, columns: u16) -> io::Result<()> {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the size outlives the call, and it is what this request reads.
        let result = unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Leave it to a process that reads what is written to it, and forgets it, until nobody holds the other end any more. Where none
    /// can be made, the terminal hangs up with us.
    pub fn leave_behind(&self) {
        keeper::start(self.master.as_raw_fd());
    }

    /// Read what there is, and hand on what was typed; never waits.
    ///
    /// A read that finds nothing has seen to it that whatever was written before has arrived (`tty_buffer_flush_work`
    /// in `n_tty_read`, drivers/tty/n_tty.c): after this, the output of a process that ended is complete.
    pub fn drain(&mut self) {
        self.pass_on();
        let mut chunk = [0; 4096];
        while self.output.len() < UNTAKEN {
            match nix::unistd::read(&self.master, &mut chunk) {
                Ok(0) => break,
                Ok(n) => self.output.extend_from_slice(chunk.get(..n).unwrap_or_default()),
                Err(Errno::EINTR) => {}
                // EAGAIN: nothing there; EIO: nobody holds the other end any more.
                Err(_) => break,
            }
        }
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.drain();
        std::mem::take(&mut self.output)
    }

    /// Type; what the terminal does not take now is handed on later.
    pub fn type_in(&mut self, bytes: &[u8]) {
        let room = TYPED.saturating_sub(self.typed.len());
        self.typed.extend(bytes.iter().take(room));
        self.pass_on();
    }

    /// Whoever reads there takes key by key, as editors and shells do: the terminal gathers no lines (ICANON is off, termios(3)).
    pub fn takes_keys(&self) -> bool {
        // Our end's attributes are those of the processes' end (tty_mode_ioctl, drivers/tty/tty_ioctl.c).
        tcgetattr(&self.master).is_ok_and(|attributes| !attributes.local_flags.contains(LocalFlags::ICANON))
    }

    /// Type, and see to it that what waits for it has been woken: a line that a process reads is taken out at once, or after a
    /// moment that is waited for; one that nobody reads stays.
    ///
    /// poll(2) on the processes' end first has the kernel work through what was typed (`n_tty_poll`, drivers/tty/n_tty.c).
    pub(super) fn deliver(&mut self, bytes: &[u8]) {
        self.type_in(bytes);
        let mut options = std::fs::OpenOptions::new();
        let opened = options.read(true).custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK).open(&self.name);
        let Ok(end) = opened else { return };
        let limit = Instant::now() + TAKEN;
        loop {
            let mut fds = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
            let lies = matches!(poll(&mut fds, PollTimeout::ZERO), Ok(n) if n > 0);
            if (!lies && self.typed.is_empty()) || Instant::now() > limit {
                return;
            }
            self.pass_on();
            std::thread::yield_now();
        }
    }

    fn pass_on(&mut self) {
        while !self.typed.is_empty() {
            let (first, _) = self.typed.as_slices();
            match nix::unistd::write(&self.master, first) {
                Ok(n) if n > 0 => drop(self.typed.drain(..n)),
                Err(Errno::EINTR) => {}
                _ => break,
            }
        }
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}
