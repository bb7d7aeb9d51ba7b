//! Whole screens, as snapshots; and any size at all.

use super::sample::{Stand, ask, shot};
use super::ui::Pane;
use super::{Action, Effect, Filter, Glyphs, Live, Overlay, Prompt, Recorded, Say, Selection, Theme};
use crate::notation::{ParseError, parse_directed};
use crate::trace::{AtCall, Going, Since};
use crate::world::{BlockedIn, ObjectId, Pid, State, Thread};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

#[test]
fn screens_at_three_sizes() {
    let stand = Stand::new();
    for (w, h) in [(40, 20), (80, 24), (120, 36)] {
        insta::assert_snapshot!(format!("screen_{w}x{h}"), shot(&stand.scene(), w, h));
    }
}

#[test]
fn a_queue_that_nobody_holds() {
    let mut stand = Stand::new();
    (stand.before, stand.moment) = (super::sample::posted(), super::sample::posted());
    (stand.ui.selection.process, stand.ui.selection.fd) = (Some("recv[4243]".into()), None);
    for (w, h) in [(40, 20), (80, 24), (120, 36)] {
        let mut scene = stand.scene();
        (scene.lesson, scene.title, scene.code, scene.tape) = (None, "./letters", None, &[]);
        scene.recorded = Some(Recorded { languages: 0, earlier: false, live: None });
        scene.say = Say::Sentence("msgrcv: Take a message out of a System V queue.");
        insta::assert_snapshot!(format!("system_v_{w}x{h}"), shot(&scene, w, h));
    }
}

#[test]
fn screens_in_every_situation() {
    let ask = ask();
    let mut stand = Stand::new();
    stand.terminal = vec!["hello".into()];
    let mut scene = stand.scene();
    scene.live = false;
    insta::assert_snapshot!("past", shot(&scene, 80, 24));
    scene.live = true;
    scene.say = Say::Question { ask: &ask, chosen: Some(1) };
    insta::assert_snapshot!("question", shot(&scene, 80, 24));
    scene.say = Say::Reveal { ask: &ask, said: None, right: &[0], sentence: "read returned 0: end of file." };
    insta::assert_snapshot!("told_without_an_answer", shot(&scene, 80, 24));
    scene.say = Say::Reveal { ask: &ask, said: Some(1), right: &[0], sentence: "read returned 0: end of file." };
    scene.notice = Some("saved as /tmp/run.pipe");
    insta::assert_snapshot!("reveal_and_notice", shot(&scene, 80, 24));
    stand.ui.glyphs = Glyphs::ASCII;
    let text = shot(&stand.scene(), 80, 24);
    assert!(text.is_ascii());
    insta::assert_snapshot!("ascii", text);
    stand.ui = Stand::new().ui;
    stand.ui.zoom = Some(Pane::Messages);
    stand.ui.filter = Filter::Object(ObjectId(super::sample::PIPE.into()));
    insta::assert_snapshot!("messages_zoomed_filtered", shot(&stand.scene(), 80, 24));
}

#[test]
fn a_program_that_is_traced() {
    let mut stand = Stand::new();
    let at = |process: &str, pid, call| AtCall {
        tid: pid,
        pid,
        call: parse_directed(&format!("{process}: {call}"), None).unwrap(),
    };
    let pid = |name: &str| stand.moment.world.process(name).unwrap().pid;
    let waiting = [at("parent", pid("parent"), "write(4, \"hello\")")];
    let show = |stand: &Stand, going, live, w, h| {
        let mut scene = stand.scene();
        (scene.lesson, scene.title, scene.live) = (None, "sh -c 'ls | wc'", live);
        let traced = Live { going, waiting: &waiting, threads: &[] };
        scene.recorded = Some(Recorded { languages: 0, earlier: false, live: Some(traced) });
        shot(&scene, w, h)
    };
    for (w, h) in [(40, 20), (80, 24), (120, 36)] {
        insta::assert_snapshot!(format!("traced_{w}x{h}"), show(&stand, Going::Held, true, w, h));
    }
    for width in 72..130 {
        let bar = show(&stand, Going::Held, true, width, 24).lines().last().unwrap().to_owned();
        assert!(bar.contains("?  help") && bar.contains("q  quit") && bar.contains("space  next"), "{width}: {bar}");
    }
    let past = show(&stand, Going::Held, false, 80, 24);
    assert!(past.contains("PAST") && !past.contains("next: write"), "{past}");
    for (going, word) in [(Going::Running, " RUNNING"), (Going::Awaited, " WAITING"), (Going::Over, " ENDED")] {
        assert!(show(&stand, going, true, 80, 24).contains(word), "{word}");
    }
    stand.ui.overlay = Overlay::Until(tui_input::Input::new("wriet".into()), Some("there is no call wriet".into()));
    insta::assert_snapshot!("overlay_until_error", show(&stand, Going::Held, true, 80, 24));
}

/// The parent with so many threads: the first at a lock, the third and every tenth asleep in a read, the others held but for the last.
fn threaded(count: Pid) -> (Stand, Vec<AtCall>) {
    let mut stand = Stand::new();
    let asleep = |call: &str, fd: Option<i32>| {
        Some(BlockedIn { call: call.into(), fd, child: None, path: None, count: fd.map(|_| 64), opens: None })
    };
    let parent = stand.moment.world.processes.iter_mut().find(|p| p.name == "parent").unwrap();
    (parent.program, parent.state) = (Some("parent".into()), State::Running);
    let pid = parent.pid;
    let tids = || std::iter::once(pid).chain((1..count).map(|n| 5000 + n));
    let does = |(n, tid): (usize, Pid)| Thread {
        tid,
        asleep: match n {
            0 => asleep("futex", None),
            _ if n % 10 == 2 => asleep("read", Some(2)),
            _ => None,
        },
    };
    parent.threads = tids().enumerate().map(does).collect();
    let free = parent.threads.iter().filter(|t| t.asleep.is_none()).map(|t| t.tid);
    let free: Vec<Pid> = free.collect();
    let held = free.iter().rev().skip(1).map(|tid| AtCall {
        tid: *tid,
        pid,
        call: parse_directed("parent: write(4, \"hello\")", None).unwrap(),
    });
    let held = held.collect();
    stand.ui.selection = Selection { process: Some("parent".into()), fd: None, thread: free.first().copied() };
    (stand, held)
}

#[test]
fn a_program_of_several_threads() {
    let show = |(stand, waiting): &(Stand, Vec<AtCall>), since: &[Since], live, w, h| {
        let mut scene = stand.scene();
        (scene.lesson, scene.title, scene.live) = (None, "threads", live);
        let traced = Live { going: Going::Held, waiting, threads: since };
        scene.recorded = Some(Recorded { languages: 0, earlier: false, live: Some(traced) });
        shot(&scene, w, h)
    };
    let (few, many) = (threaded(4), threaded(100));
    for (w, h) in [(40, 20), (80, 24), (120, 36)] {
        insta::assert_snapshot!(format!("threads_{w}x{h}"), show(&few, &[], true, w, h));
        insta::assert_snapshot!(format!("threads_100_{w}x{h}"), show(&many, &[], true, w, h));
    }
    // What has become of them since the newest moment is shown with it, and not in the past.
    let now = Some(Thread {
        tid: 5003,
        asleep: Some(BlockedIn { ..few.0.moment.world.processes[0].threads[2].asleep.clone().unwrap() }),
    });
    let pid = few.0.moment.world.processes[0].pid;
    let since = [Since { pid, tid: 5003, now }, Since { pid, tid: 5001, now: None }];
    let live = show(&few, &since, true, 120, 36);
    assert!(live.contains("3 threads") && live.contains("■ 5003 read(2, 64)") && !live.contains("5001"), "{live}");
    let past = show(&few, &since, false, 120, 36);
    assert!(past.contains("4 threads") && past.contains("5001 awake") && past.contains("and 1 more"), "{past}");
    // A thread that is chosen has its row among however many.
    let mut last = threaded(100);
    last.0.ui.selection.thread = Some(5099);
    let shown = show(&last, &[], true, 120, 36);
    assert!(shown.contains("▸  5099 running"), "{shown}");
}

#[test]
fn overlays() {
    let mut stand = Stand::new();
    let keys = [
        ("help", Action::Help),
        ("lessons", Action::Lessons),
        ("why_long", Action::Why),
        ("form_send", Action::Send),
        ("filter", Action::Filter),
        ("jump", Action::Jump),
        ("prompt", Action::Prompt),
        ("typing", Action::TerminalInput),
    ];
    for (name, action) in keys {
        let world = stand.moment.world.clone();
        assert_eq!(stand.ui.update(action, &world, &[]), Effect::Done, "{name}");
        insta::assert_snapshot!(format!("overlay_{name}"), shot(&stand.scene(), 80, 24));
    }
    let error = ParseError { at: 7..11, message: "there is no call 'raed'".into(), help: Some("read(3, 64)".into()) };
    stand.ui.called("child: raed(3)", Err(error));
    insta::assert_snapshot!("overlay_prompt_error", shot(&stand.scene(), 80, 24));
}

/// Of a terminal that is larger than its pane the row of the cursor is shown, and the column, where somebody types.
#[test]
fn the_terminal_is_shown_around_its_cursor() {
    let mut stand = Stand::new();
    stand.terminal = (0..24).map(|n| format!("row {n:02} {}|", "x".repeat(70))).collect();
    let mut show = |cursor, keys, overlay| {
        stand.ui.overlay = overlay;
        let mut scene = stand.scene();
        (scene.terminal.cursor, scene.terminal.keys, scene.code) = (cursor, keys, None);
        let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
        let drawn = super::draw(&scene, buf.area, &mut buf);
        (shot(&scene, 80, 24), drawn.cursor.map(|at| buf[at].symbol().to_owned()))
    };
    let (last, none) = show(Some((24, 0)), false, Overlay::None);
    assert!(last.contains("row 23") && none.is_none(), "{last}");
    let (first, at) = show(Some((2, 4)), true, Overlay::Terminal);
    assert!(
        first.contains("row 02") && !first.contains("row 23") && first.contains("you type, Ctrl-] ends"),
        "{first}"
    );
    assert_eq!(at.as_deref(), Some("0"));
    let (right, at) = show(Some((2, 77)), false, Overlay::Terminal);
    assert!(right.contains("x|") && right.contains("you type, Esc ends"), "{right}");
    assert_eq!(at.as_deref(), Some("|"));
    stand.ui.zoom = Some(Pane::Terminal);
    let mut scene = stand.scene();
    scene.terminal.cursor = Some((23, 0));
    let all = shot(&scene, 80, 24);
    assert!(all.contains("row 03") && all.contains("row 23") && all.contains("rows 4-24 of 24"), "{all}");
    stand.ui.update(Action::MessagesUp, &stand.moment.world.clone(), &[]);
    let up = shot(&stand.scene(), 80, 24);
    assert!(up.contains("row 00") && !up.contains("row 23"), "{up}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_size_panics(w in 0u16..150, h in 0u16..50, which in 0usize..8, zoom in 0usize..5, scroll: u16, theme in 0usize..5) {
        let mut stand = Stand::new();
        let world = stand.moment.world.clone();
        let action = [Action::Help, Action::Lessons, Action::Why, Action::Send, Action::Filter, Action::Jump, Action::Prompt, Action::Theme][which];
        stand.ui.update(action, &world, &[]);
        for _ in 0..zoom {
            stand.ui.update(Action::Zoom, &world, &[]);
        }
        stand.ui.theme = Theme::by_name(Theme::NAMES[theme]).unwrap();
        (stand.ui.stage_scroll, stand.ui.messages_scroll) = (scroll, scroll);
        if let Overlay::Help { scroll: s } | Overlay::Why { scroll: s } = &mut stand.ui.overlay {
            *s = scroll;
        }
        shot(&stand.scene(), w, h);
        let mut noticed = stand.scene();
        noticed.notice = Some("noticed");
        shot(&noticed, w, h);
        let at = usize::from(scroll);
        stand.ui.overlay = Overlay::Prompt(Prompt { error: Some(ParseError { at: at..at + 1, message: "x".into(), help: None }), ..Prompt::with("écho 漢字") });
        shot(&stand.scene(), w, h);
    }
}

/// A step that no line of the program makes leaves the page where it was, with nothing marked.
#[test]
fn a_step_without_lines_turns_no_page() {
    let mut stand = Stand::new();
    stand.listing.text = (1..=40).map(|n| format!("line {n};\n")).collect();
    let mut scene = stand.scene();
    scene.code = Some((&stand.listing, None));
    let first = shot(&scene, 80, 24);
    assert!(first.contains("  1 line 1;") && !first.contains("line 30;"), "{first}");
    scene.code_near = Some((30, 30));
    let kept = shot(&scene, 80, 24);
    assert!(kept.contains(" 30 line 30;") && !kept.contains("line 1;"), "{kept}");
    assert!(!kept.contains("▶ 30"), "{kept}");
}
