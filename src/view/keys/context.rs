//! What must be known to tell which keys work.

use crate::trace::Going;
use crate::view::{Overlay, Say, Scene};
use crate::world::State;

/// Where the keys go: the stage, or what lies over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The stage itself.
    Stage,
    /// A run that was saved: the picture alone.
    Recorded,
    /// A program that is traced now.
    Traced,
    /// The `:` line.
    Prompt,
    /// A form with fields.
    Form,
    /// The line that asks for a step's number.
    Jump,
    /// The line that asks what to look for.
    Search,
    /// The line that asks until what to run.
    Until,
    /// A list to choose from by typing and moving: the lessons.
    Lessons,
    /// A short list to choose from: the filter.
    List,
    /// A text to read: the help, the long form of why.
    Reader,
    /// A question with yes or no.
    Confirm,
    /// The question what is to become of a program that may live on.
    Parting,
    /// Keys go to the stage's terminal.
    Terminal,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 14] = [
        Mode::Stage,
        Mode::Recorded,
        Mode::Traced,
        Mode::Prompt,
        Mode::Form,
        Mode::Jump,
        Mode::Search,
        Mode::Until,
        Mode::Lessons,
        Mode::List,
        Mode::Reader,
        Mode::Confirm,
        Mode::Parting,
        Mode::Terminal,
    ];

    /// Whether what this mode belongs to can lie over that picture: a stage, a saved run, a program that is traced.
    pub fn leads_to(self, over: Mode) -> bool {
        match self {
            Mode::Recorded => !matches!(
                over,
                Mode::Prompt | Mode::Form | Mode::Lessons | Mode::Until | Mode::Parting | Mode::Terminal
            ),
            Mode::Traced => !matches!(over, Mode::Prompt | Mode::Form | Mode::Lessons),
            _ => true,
        }
    }

    /// The mode that goes with an overlay.
    pub fn of(overlay: &Overlay) -> Mode {
        match overlay {
            Overlay::None | Overlay::Welcome => Mode::Stage,
            Overlay::Prompt(_) => Mode::Prompt,
            Overlay::Form(_) => Mode::Form,
            Overlay::Jump(_) => Mode::Jump,
            Overlay::Search(_) => Mode::Search,
            Overlay::Until(..) => Mode::Until,
            Overlay::Lessons { .. } => Mode::Lessons,
            Overlay::Filter { .. } => Mode::List,
            Overlay::Help { .. } | Overlay::Why { .. } => Mode::Reader,
            Overlay::Confirm { may_live: true, .. } => Mode::Parting,
            Overlay::Confirm { .. } => Mode::Confirm,
            Overlay::Terminal => Mode::Terminal,
        }
    }
}

/// What must be so for a key to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is a moment or a step ahead.
    CanForward,
    /// There is a moment before this one.
    CanBack,
    /// A past moment is shown.
    Past,
    /// There is a script with steps, or a program that makes them.
    Script,
    /// A question stands.
    Question,
    /// The selected process can take a call.
    Ready,
    /// The selected process can take a call, and one of its descriptors is selected.
    ReadyFd,
    /// There are two processes or more.
    Processes,
    /// The selected process has two threads or more.
    Threads,
    /// The last moment has findings.
    Findings,
    /// The lesson has variants.
    Variants,
    /// The lesson has listings in several languages.
    Languages,
    /// A lesson is played.
    Lesson,
    /// The lesson has a task.
    Task,
    /// A task is being done.
    InTask,
    /// The program that is traced has not ended.
    Running,
    /// The lesson has a program.
    Program,
    /// Whoever reads the terminal takes whole lines.
    Lines,
}

/// Everything on which it depends which keys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyContext {
    /// Where the keys go.
    pub mode: Mode,
    /// There is a moment or a step ahead.
    pub forward: bool,
    /// There is a moment before this one.
    pub back: bool,
    /// A past moment is shown.
    pub past: bool,
    /// There is a script with steps, or a program that makes them.
    pub script: bool,
    /// A question stands.
    pub question: bool,
    /// The selected process can take a call.
    pub ready: bool,
    /// A descriptor is selected.
    pub fd: bool,
    /// How many processes there are.
    pub processes: usize,
    /// How many threads the selected process has, where it has several.
    pub threads: usize,
    /// There are findings.
    pub findings: bool,
    /// The lesson has variants.
    pub variants: bool,
    /// The lesson has listings in several languages.
    pub languages: bool,
    /// A lesson is played.
    pub lesson: bool,
    /// The lesson has a task.
    pub task: bool,
    /// A task is being done.
    pub in_task: bool,
    /// A program is traced that has not ended.
    pub running: bool,
    /// The lesson has a program.
    pub program: bool,
    /// Whoever reads the terminal takes whole lines, in which Esc is no key.
    pub lines: bool,
    /// It is a run that was recorded.
    pub recorded: bool,
    /// It is that of a program that is traced now.
    pub traced: bool,
}

impl KeyContext {
    /// The context that a scene makes.
    pub fn of(scene: &Scene) -> KeyContext {
        let world = &scene.moment.world;
        let selected = scene.ui.selection.process.as_deref().and_then(|name| world.process(name));
        let live = scene.recorded.and_then(|recorded| recorded.live);
        let running = live.is_some_and(|live| live.going != Going::Over);
        KeyContext {
            mode: match Mode::of(&scene.ui.overlay) {
                Mode::Stage if live.is_some() => Mode::Traced,
                Mode::Stage if scene.recorded.is_some() => Mode::Recorded,
                mode => mode,
            },
            forward: !scene.live || scene.next.is_some() || running,
            back: scene.before.is_some(),
            past: !scene.live,
            script: scene.progress.1 > 0 || running,
            question: matches!(scene.say, Say::Question { .. }),
            ready: selected.is_some_and(|p| p.state == State::Idle && p.program.is_none()),
            fd: scene.ui.selection.fd.is_some(),
            processes: world.processes.len(),
            threads: selected.map_or(0, |p| p.threads.len()),
            findings: !scene.moment.findings.is_empty(),
            variants: scene.lesson.is_some_and(|l| !l.variants.is_empty()),
            languages: scene.recorded.map_or_else(|| languages(scene), |r| r.languages) > 1,
            lesson: scene.lesson.is_some(),
            task: scene.lesson.is_some_and(|l| l.goal.is_some()) && !scene.in_task,
            in_task: scene.in_task,
            running,
            program: scene.lesson.is_some_and(|l| l.trace.is_some() || !l.code.is_empty()),
            lines: !scene.terminal.keys,
            recorded: scene.recorded.is_some(),
            traced: live.is_some(),
        }
    }

    /// Whether a condition is met.
    pub fn holds(&self, condition: Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::CanForward => self.forward,
            Condition::CanBack => self.back,
            Condition::Past => self.past,
            Condition::Script => self.script,
            Condition::Question => self.question,
            Condition::Ready => self.ready,
            Condition::ReadyFd => self.ready && self.fd,
            Condition::Processes => self.processes > 1,
            Condition::Threads => self.threads > 1,
            Condition::Findings => self.findings,
            Condition::Variants => self.variants,
            Condition::Languages => self.languages,
            Condition::Lesson => self.lesson,
            Condition::Task => self.task,
            Condition::InTask => self.in_task,
            Condition::Running => self.running,
            Condition::Program => self.program,
            Condition::Lines => self.lines,
        }
    }
}

/// In how many languages there is a program beside what is played.
fn languages(scene: &Scene) -> usize {
    let Some(lesson) = scene.lesson else { return 0 };
    let variant = lesson.variants.iter().position(|v| Some(v.title.as_str()) == scene.variant);
    lesson.code_of(variant).len()
}
