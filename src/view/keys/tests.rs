use super::*;
use ratatui::crossterm::event::KeyEvent;

/// A context in which everything is so.
fn all(mode: Mode) -> KeyContext {
    KeyContext {
        mode,
        forward: true,
        back: true,
        past: true,
        script: true,
        question: true,
        ready: true,
        fd: true,
        processes: 2,
        threads: 2,
        findings: true,
        variants: true,
        languages: true,
        lesson: true,
        task: true,
        in_task: true,
        running: true,
        program: true,
        lines: true,
        recorded: true,
        traced: true,
    }
}

#[test]
fn no_key_is_bound_twice_in_one_mode() {
    for mode in Mode::ALL {
        let mut seen: Vec<(Key, Action)> = Vec::new();
        for row in KEYS.iter().filter(|row| row.modes.contains(&mode)) {
            for key in row.keys {
                assert!(seen.iter().all(|(k, _)| k != key), "{} is bound twice in {mode:?}", key.name(false));
                seen.push((*key, row.action));
            }
        }
    }
}

#[test]
fn where_text_is_typed_no_plain_character_is_a_key() {
    for mode in [Mode::Prompt, Mode::Form, Mode::Jump, Mode::Lessons, Mode::Terminal] {
        for row in KEYS.iter().filter(|row| row.modes.contains(&mode)) {
            assert!(
                row.keys.iter().all(|k| k.ctrl || !matches!(k.code, KeyCode::Char(_))),
                "{mode:?} {:?}",
                row.action
            );
        }
    }
}

#[test]
fn keys_ask_for_their_actions() {
    let press = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
    let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    let stage = all(Mode::Stage);
    assert_eq!(action(press(' '), &stage), Some(Action::Forward));
    assert_eq!(action(press('3'), &stage), Some(Action::Answer(3)));
    assert_eq!(action(press('3'), &KeyContext { question: false, ..stage }), None);
    assert_eq!(action(press('c'), &KeyContext { ready: false, ..stage }), None);
    assert_eq!(action(ctrl('c'), &stage), Some(Action::Quit));
    assert_eq!(action(ctrl('c'), &all(Mode::Terminal)), None);
    assert_eq!(action(press('q'), &all(Mode::Prompt)), None);
    let shifted = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
    assert_eq!(action(shifted, &stage), Some(Action::Restart));
}

#[test]
fn every_mode_shows_a_way_out() {
    for mode in Mode::ALL {
        let out = [Action::Quit, Action::Cancel, Action::LeaveTerminal];
        assert!(bar(&all(mode)).iter().any(|row| out.contains(&row.action)), "{mode:?}");
    }
}

#[test]
fn the_list_for_the_readme() {
    insta::assert_snapshot!(markdown());
}
