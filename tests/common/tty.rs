//! The real program in a pseudo-terminal, with an emulator that shows what a person would see.
//! Everything waits for a condition, with a limit far beyond what any machine needs.

use nix::poll::{PollFd, PollFlags, poll};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest that anything is waited for.
pub const LIMIT: Duration = Duration::from_secs(120);

/// The program in a pseudo-terminal.
pub struct Tty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    hung_up: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tty {
    /// Start the program with `args` at the size given.
    pub fn start(args: &[&str], cols: u16, rows: u16) -> Tty {
        Tty::start_with(args, cols, rows, &[])
    }

    /// The same, with variables set.
    pub fn start_with(args: &[&str], cols: u16, rows: u16, env: &[(&str, &str)]) -> Tty {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pipescope"));
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        // Nobody is greeted for the first time, and nothing is kept of these sessions.
        command.env("XDG_STATE_HOME", state_folder());
        command.env_remove("NO_COLOR");
        command.env_remove("LC_ALL");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size(rows), size(cols), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let raw_fd = pair.master.as_raw_fd().unwrap();
        // SAFETY: the master is open for as long as it is borrowed here.
        let mut reader = File::from(unsafe { BorrowedFd::borrow_raw(raw_fd) }.try_clone_to_owned().unwrap());
        let (to_screen, to_raw) = (screen.clone(), raw.clone());
        let hung_up = Arc::new(AtomicBool::new(false));
        let stop = hung_up.clone();
        let thread = std::thread::spawn(move || {
            let mut buf = [0; 65536];
            let mut frame = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let mut fds = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
                if poll(&mut fds, 20_u16) != Ok(1) {
                    continue;
                }
                let Ok(n @ 1..) = reader.read(&mut buf) else { break };
                to_raw.lock().unwrap().extend_from_slice(&buf[..n]);
                frame.extend_from_slice(&buf[..n]);
                if is_whole(&frame) {
                    to_screen.lock().unwrap().process(&frame);
                    frame.clear();
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Tty { master: Some(pair.master), writer: Some(writer), child, screen, raw, hung_up, thread: Some(thread) }
    }

    /// What the screen shows now.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Every byte that came.
    pub fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    /// Type.
    pub fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Wait until the screen satisfies `cond`; the screen then.
    pub fn wait(&self, what: &str, cond: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let text = self.text();
            if cond(&text) {
                return text;
            }
            assert!(Instant::now() < end, "waited in vain for {what}; the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Wait until the screen shows `text`.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Change the size.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(size(rows), size(cols));
        self.master.as_ref().unwrap().resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Let the terminal go away, as when its window is closed.
    pub fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
    }

    /// The program's pid.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    /// Wait until the program has ended; its exit code.
    pub fn exit_code(&mut self) -> u32 {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "it does not end; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Send the program a signal.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal).unwrap();
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // A test that failed must not leave the program behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A frame ends by hiding the cursor, or by showing it and putting it in its place. What has come in part is not looked at.
fn is_whole(bytes: &[u8]) -> bool {
    let shown = bytes.windows(6).rposition(|w| w == b"\x1b[?25h");
    bytes.ends_with(b"\x1b[?25l") || shown.is_some_and(|at| bytes.len() - at < 20 && bytes.ends_with(b"H"))
}

/// A folder in which somebody was greeted already.
fn state_folder() -> std::path::PathBuf {
    static FOLDER: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder =
                std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("state-{}", std::process::id()));
            std::fs::create_dir_all(folder.join("pipescope")).unwrap();
            std::fs::write(folder.join("pipescope/progress.json"), "{\"greeted\":true}").unwrap();
            folder
        })
        .clone()
}

fn size(n: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(n).unwrap()
}
