use super::*;
use crate::view::sample;

fn line(action: Action, fd: Option<FdNumber>) -> String {
    let selection = Selection { process: Some("parent".into()), fd, thread: None };
    match direct(action, &sample::forked().world, &selection) {
        Some(Direct::Line(line)) => line,
        Some(Direct::Form(form)) => format!("{} ?", form.line()),
        other => format!("{other:?}"),
    }
}

#[test]
fn keys_make_the_lines_one_would_write() {
    for (action, fd, want) in [
        (Action::Pipe, None, "parent: pipe()"),
        (Action::Fork, None, "parent: fork()"),
        (Action::Close, Some(4), "parent: close(4)"),
        (Action::Close, None, "parent: close(3) ?"),
        (Action::Send, None, "parent: write(4, \"hello\") ?"),
        (Action::Send, Some(3), "parent: write(3, \"hello\") ?"),
        (Action::Receive, None, "parent: read(3, 64) ?"),
        (Action::Exec, None, "parent: exec([\"cat\"]) ?"),
        (Action::Kill, None, "parent: kill(child, SIGTERM) ?"),
        (Action::Signal, None, "parent: signal(SIGPIPE, ignore) ?"),
        (Action::StartProcess, None, "stage: start(stranger) ?"),
        (Action::Quit, None, "None"),
    ] {
        assert_eq!(line(action, fd), want);
    }
}

#[test]
fn quotes_are_kept_apart_from_text() {
    assert_eq!(quoted("say \"hi\""), "\"say \\\"hi\\\"\"");
    assert_eq!(quoted("\"x\" * 65536"), "\"x\" * 65536");
}
