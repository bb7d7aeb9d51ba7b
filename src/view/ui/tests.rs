use super::*;
use crate::view::keys::Action;
use crate::view::sample;
use crate::world::Thread;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn ui() -> Ui {
    Ui::new(Theme::dark(), Glyphs::UNICODE)
}

fn typed(ui: &mut Ui, text: &str) {
    for c in text.chars() {
        assert!(ui.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
    }
}

#[test]
fn the_selection_goes_round_and_lets_go_of_what_is_gone() {
    let world = sample::forked().world;
    let mut ui = ui();
    ui.update(Action::NextProcess, &world, &[]);
    assert_eq!(ui.selection.process.as_deref(), Some("child"));
    ui.update(Action::FdUp, &world, &[]);
    assert_eq!(ui.selection.fd, Some(4));
    ui.update(Action::FdDown, &world, &[]);
    assert_eq!(ui.selection.fd, Some(0));
    ui.selection.fd = Some(9);
    ui.selection.settle(&world);
    assert_eq!(ui.selection.fd, None);
}

#[test]
fn the_selection_goes_through_the_threads_and_their_process() {
    let mut world = sample::forked().world;
    let pid = world.processes[0].pid;
    let mut ui = ui();
    ui.update(Action::NextThread, &world, &[]);
    assert_eq!(ui.selection.thread, None, "it has one alone");
    world.processes[0].threads = [pid, 5001, 5002].map(|tid| Thread { tid, asleep: None }).to_vec();
    ui.selection.fd = Some(4);
    let mut next = |action| {
        ui.update(action, &world, &[]);
        (ui.selection.thread, ui.selection.fd)
    };
    let forwards = [Some(pid), Some(5001), Some(5002), None, Some(pid)].map(|thread| (thread, None));
    assert_eq!([(); 5].map(|()| next(Action::NextThread)), forwards);
    assert_eq!(next(Action::PreviousThread), (None, None));
    assert_eq!(next(Action::PreviousThread), (Some(5002), None));
    // One thing is selected.
    assert_eq!(next(Action::FdDown), (None, Some(0)));
    next(Action::NextThread);
    world.processes[0].threads.remove(0);
    ui.selection.settle(&world);
    assert_eq!((ui.selection.process.as_deref(), ui.selection.thread), (Some("parent"), None));
}

#[test]
fn a_line_stays_until_it_is_understood_and_then_is_history() {
    let world = sample::forked().world;
    let mut ui = ui();
    ui.update(Action::Prompt, &world, &[]);
    typed(&mut ui, "pipe()");
    assert_eq!(ui.update(Action::Submit, &world, &[]), Effect::Call("pipe()".into()));
    assert!(matches!(ui.overlay, Overlay::Prompt(_)));
    ui.called("pipe()", Ok(()));
    assert!(matches!(ui.overlay, Overlay::None));
    ui.update(Action::Prompt, &world, &[]);
    ui.update(Action::Older, &world, &[]);
    ui.update(Action::Older, &world, &[]);
    assert_eq!(ui.update(Action::Submit, &world, &[]), Effect::Call("pipe()".into()));
    ui.update(Action::Newer, &world, &[]);
    assert!(matches!(&ui.overlay, Overlay::Prompt(p) if p.input.value().is_empty()));
}

#[test]
fn a_step_is_asked_for_in_digits() {
    let world = sample::forked().world;
    let mut ui = ui();
    ui.update(Action::Jump, &world, &[]);
    typed(&mut ui, "1x2");
    assert_eq!(ui.update(Action::Submit, &world, &[]), Effect::Jump(12));
}

#[test]
fn what_is_no_matter_of_the_screen_is_left_to_the_program() {
    let world = sample::forked().world;
    let mut ui = ui();
    for action in [Action::Forward, Action::Quit, Action::Answer(2), Action::Save] {
        assert_eq!(ui.update(action, &world, &[]), Effect::Act(action));
    }
    assert_eq!(ui.update(Action::Pipe, &world, &[]), Effect::Call("parent: pipe()".into()));
}

#[test]
fn what_was_set_is_said() {
    let world = sample::forked().world;
    let mut ui = ui();
    let mut said = |action| match ui.update(action, &world, &[]) {
        Effect::Say(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(Action::Theme), "theme: light");
    assert_eq!(said(Action::Faster), "autoplay: a step every 1.0 s");
    assert_eq!(said(Action::Slower), "autoplay: a step every 1.5 s");
}

#[test]
fn a_list_s_cursor_stays_among_its_rows() {
    let stand = sample::Stand::new();
    let world = sample::forked().world;
    let mut ui = ui();
    ui.update(Action::Lessons, &world, &stand.lessons);
    ui.update(Action::PageDown, &world, &stand.lessons);
    assert_eq!(ui.update(Action::Submit, &world, &stand.lessons), Effect::Lesson(1));
}
