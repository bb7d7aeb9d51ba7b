//! A small stage without a kernel, to set scenes with: it keeps tables and pipes as the kernel would.

use crate::engine::Flow;
use crate::view::{Glyphs, Picture, Selection, Theme};
use crate::world::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// A world in the making, with the world before its last step.
#[derive(Default, Clone)]
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) before: Option<World>,
    pub(super) selection: Selection,
}

pub(super) fn fd(number: FdNumber, target: Target, access: Access) -> Fd {
    Fd { number, target, access, cloexec: false, nonblock: false, origin: None }
}

impl Stage {
    /// A stage with one process.
    pub(super) fn new(name: &str) -> Stage {
        let mut stage = Stage::default();
        stage.start(name);
        stage
    }

    pub(super) fn start(&mut self, name: &str) {
        let pid = 4242 + self.world.processes.len() as i32;
        let fds = (0..3).map(|n| fd(n, Target::Terminal, Access::ReadWrite)).collect();
        let (name, state) = (name.to_owned(), State::Idle);
        self.world.processes.push(Process {
            name,
            pid,
            ppid: 4240,
            program: None,
            state,
            fds,
            fds_unreadable: None,
            stdout: None,
            space: crate::world::Space::default(),
            threads: Vec::new(),
        });
    }

    /// Begins the step whose changes are shown.
    pub(super) fn step(mut self) -> Stage {
        self.before = Some(self.world.clone());
        self
    }

    pub(super) fn process(&mut self, name: &str) -> &mut Process {
        self.world.processes.iter_mut().find(|p| p.name == name).unwrap()
    }

    fn free(&mut self, name: &str) -> FdNumber {
        let process = self.process(name);
        (0..).find(|n| process.fd(*n).is_none()).unwrap()
    }

    pub(super) fn open(mut self, name: &str, target: Target, access: Access) -> Stage {
        let number = self.free(name);
        let process = self.process(name);
        process.fds.push(fd(number, target, access));
        process.fds.sort_by_key(|f| f.number);
        self.settle()
    }

    pub(super) fn object(mut self, id: &str, kind: ObjectKind) -> Stage {
        self.world.objects.push(Object {
            id: ObjectId(id.to_owned()),
            kind,
            inode: 9751,
            bytes: Known::Yes(0),
            capacity: Known::Yes(65536),
            contents: Known::Yes(Contents::default()),
            socket: None,
            holders: Vec::new(),
            body: crate::world::Body::default(),
        });
        self
    }

    pub(super) fn pipe(self, name: &str, inode: u32) -> Stage {
        let id = format!("pipe:[{inode}]");
        let target = Target::Object(ObjectId(id.clone()));
        self.object(&id, ObjectKind::Pipe).open(name, target.clone(), Access::Read).open(name, target, Access::Write)
    }

    pub(super) fn fork(mut self, from: &str, name: &str) -> Stage {
        let mut child = self.process(from).clone();
        child.name = name.to_owned();
        child.ppid = child.pid;
        child.pid = 4242 + self.world.processes.len() as i32;
        self.world.processes.push(child);
        self.settle()
    }

    pub(super) fn close(mut self, name: &str, number: FdNumber) -> Stage {
        self.process(name).fds.retain(|f| f.number != number);
        self.settle()
    }

    pub(super) fn dup2(mut self, name: &str, from: FdNumber, to: FdNumber) -> Stage {
        let process = self.process(name);
        let mut copy = process.fd(from).unwrap().clone();
        copy.number = to;
        process.fds.retain(|f| f.number != to);
        process.fds.push(copy);
        process.fds.sort_by_key(|f| f.number);
        self.settle()
    }

    pub(super) fn fill(mut self, inode: u32, head: &[u8], bytes: u64) -> Stage {
        let id = format!("pipe:[{inode}]");
        let object = self.world.objects.iter_mut().find(|o| o.id.0 == id).unwrap();
        object.bytes = Known::Yes(bytes);
        object.contents =
            Known::Yes(Contents { head: head.to_vec(), cut: bytes > head.len() as u64, packets: Vec::new() });
        self
    }

    pub(super) fn state(mut self, name: &str, state: State) -> Stage {
        let dead = !state.is_alive();
        let process = self.process(name);
        process.state = state;
        if dead {
            process.fds.clear();
        }
        self.settle()
    }

    pub(super) fn blocked(self, name: &str, call: &str, fd: FdNumber, count: u64) -> Stage {
        let call = call.to_owned();
        self.state(
            name,
            State::Blocked(BlockedIn { call, fd: Some(fd), child: None, path: None, count: Some(count), opens: None }),
        )
    }

    pub(super) fn select(mut self, name: &str, fd: Option<FdNumber>) -> Stage {
        self.selection = Selection { process: Some(name.to_owned()), fd, thread: None };
        self
    }

    /// With the holders of every object reckoned.
    pub(super) fn reckoned(self) -> Stage {
        self.step().settle()
    }

    /// Reckons the holders anew; an object that nobody holds is gone.
    fn settle(mut self) -> Stage {
        for object in &mut self.world.objects {
            object.holders.retain(|h| h.outside);
            for process in &self.world.processes {
                for fd in process.fds.iter().filter(|f| f.target.object() == Some(&object.id)) {
                    object.holders.push(Holder {
                        process: process.name.clone(),
                        pid: process.pid,
                        fd: fd.number,
                        access: fd.access,
                        outside: false,
                    });
                }
            }
        }
        self.world.objects.retain(|o| !o.holders.is_empty() || o.bytes == Known::Yes(0) && self.before.is_none());
        self
    }

    pub(super) fn draw(&self, width: u16, glyphs: Glyphs) -> Buffer {
        self.draw_moving(width, glyphs, None)
    }

    /// With bytes on their way.
    pub(super) fn draw_moving(&self, width: u16, glyphs: Glyphs, motion: Option<(&[Flow], u8)>) -> Buffer {
        let changes = self.before.as_ref().map(|b| diff(b, &self.world)).unwrap_or_default();
        let theme = Theme::dark();
        let picture = Picture {
            world: &self.world,
            before: self.before.as_ref(),
            changes: &changes,
            selection: &self.selection,
            scroll: 0,
            only_shared: false,
            waiting: &[],
            since: None,
            motion,
            theme: &theme,
            glyphs,
        };
        let area = Rect::new(0, 0, width, picture.height(width));
        let mut buf = Buffer::empty(area);
        picture.render(area, &mut buf);
        buf
    }
}

/// The rows of a buffer as text, without blanks at their ends.
pub(super) fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.rows() {
        let mut row = String::new();
        let mut skip = 0;
        for x in y.columns() {
            let symbol = buf[(x.x, x.y)].symbol();
            if skip == 0 {
                row.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            skip -= 1;
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

/// The styles of a buffer: for each row the runs of cells that are not plain, as text and look.
pub(super) fn looks(buf: &Buffer) -> String {
    let mut out = String::new();
    for (n, y) in buf.area.rows().enumerate() {
        let mut run = (String::new(), String::new());
        let mut runs = Vec::new();
        for x in y.columns() {
            let cell = &buf[(x.x, x.y)];
            let look = format!("{:?} {:?}", cell.fg, cell.modifier);
            if look != run.1 {
                runs.push(std::mem::replace(&mut run, (String::new(), look)));
            }
            run.0.push_str(cell.symbol());
        }
        runs.push(run);
        for (text, look) in runs.iter().filter(|(t, _)| !t.trim().is_empty()) {
            out.push_str(&format!("{n:2} {look:40} {text}\n"));
        }
    }
    out
}
