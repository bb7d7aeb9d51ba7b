use super::super::sample;
use super::*;
use crate::notation::escape;
use crate::world::{Change, Death, Known, ObjectId, State};

fn tape(step: usize, kind: TapeKind, process: Option<&str>, text: &str) -> TapeLine {
    TapeLine { step, kind, process: process.map(str::to_owned), from: None, object: None, text: text.into() }
}

fn written(style: Style, moments: &[(Moment, Vec<TapeLine>)]) -> String {
    let mut out = Vec::new();
    let mut transcript = Transcript::new(&mut out, style, None);
    transcript.session("One pipe", "one-pipe").unwrap();
    for (moment, tape) in moments {
        transcript.moment_with(moment, tape).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn the_story_of_a_pipe() {
    let blocked = tape(7, TapeKind::Blocked, Some("child"), "read(3, …  blocked");
    let text = written(
        Style::default(),
        &[
            (sample::start(), vec![]),
            (sample::forked(), vec![tape(2, TapeKind::Call, Some("parent"), "fork() = 4243")]),
            (
                sample::written(),
                vec![
                    tape(4, TapeKind::Call, Some("parent"), "write(4, \"hello\", 5) = 5"),
                    tape(4, TapeKind::Data, Some("parent"), "parent 4 -> pipe:[9751]  \"hello\""),
                ],
            ),
            (sample::stuck(), vec![blocked]),
            (sample::ended(), vec![tape(8, TapeKind::Death, Some("parent"), "+++ killed by SIGPIPE +++")]),
        ],
    );
    let hello = escape(b"hello", SHOWN).0;
    let want = format!(
        r#"One pipe (one-pipe)

    parent  pid 4242  idle
      0-2  terminal

  2 parent  fork() = 4243
    parent  pid 4242  idle
      0-2  terminal
        3  read end   pipe:[9751]  from pipe() in step 1
        4  write end  pipe:[9751]  from pipe() in step 1
    child  pid 4243  idle
      0-2  terminal
        3  read end   pipe:[9751]  from pipe() in step 1, inherited from parent in step 2
        4  write end  pipe:[9751]  from pipe() in step 1, inherited from parent in step 2
    pipe:[9751]  empty, 0 of 65536 bytes
      readers: parent fd 3, child fd 3; writers: parent fd 4, child fd 4
*** EXPECTATION FAILED in step 2: returns 5
*** the kernel did this:   returns 4243

  4 parent  write(4, "hello", 5) = 5
      parent 4 -> pipe:[9751]  "hello"
    parent  pid 4242  idle
      0-2  terminal
        3  closed; was read end   pipe:[9751]
        4  write end  pipe:[9751]  close-on-exec
    pipe:[9751]  5 of 65536 bytes
      waiting: "{hello}"
      readers: child fd 3; writers: parent fd 4, child fd 4

  7 child  read(3, …  blocked
    parent  pid 4242  idle
      0-2  terminal
        4  closed; was write end  pipe:[9751]
    child  pid 4243  BLOCKED in read(3, 64)
    pipe:[9751]  empty, 0 of 65536 bytes
      readers: child fd 3; writers: child fd 4, cat fd 5 (pid 99, outside)
      STUCK, eof-withheld: child (pid 4243) waits on pipe:[9751] for an end of file that its own fd 4 withholds.
        fix, before it blocks: child: close(4)

 Without a step:
  8 parent  +++ killed by SIGPIPE +++
    parent  pid 4242  ZOMBIE, KILLED by SIGPIPE
    child  pid 4243  idle
      0-2  terminal
        3  read end   pipe:[9751]
        4  closed; was write end  pipe:[9751]
    pipe:[9751]  empty, 0 of 65536 bytes
      readers: child fd 3; writers: none
      over, eof-withheld: child fd 3
"#
    );
    assert_eq!(text, want);
}

use super::tables::SHOWN;

#[test]
fn a_finding_is_said_once_and_again_when_it_says_something_else() {
    let mut later = sample::stuck();
    later.findings[0].text = "Now it waits for two.".into();
    let text = written(Style::default(), &[(sample::stuck(), vec![]), (sample::stuck(), vec![]), (later, vec![])]);
    assert_eq!(text.matches("STUCK, eof-withheld: child (pid 4243)").count(), 1);
    assert_eq!(text.matches("STUCK, eof-withheld: Now it waits for two.").count(), 1);
    assert!(!text.contains("over,"));
}

#[test]
fn what_could_not_be_read_is_said_with_its_reason() {
    let mut moment = sample::stuck();
    moment.world.processes[0].fds.clear();
    moment.world.processes[0].fds_unreadable = Some("permission denied".into());
    moment.world.processes[0].state = State::Gone(Death::Unknown);
    moment.world.objects[0].bytes = Known::No("no end to ask".into());
    moment.world.objects[0].contents = Known::No("no read end".into());
    let text = written(Style::default(), &[(moment, vec![])]);
    for part in [
        "parent  pid 4242  ENDED, nobody could read how",
        "descriptors unknown: permission denied",
        "pipe:[9751]  bytes unknown: no end to ask",
        "contents unknown: no read end",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn an_object_that_is_gone_is_named() {
    let mut moment = sample::start();
    moment.changes = vec![Change::Vanished(ObjectId("pipe:[5]".into()))];
    assert!(written(Style::default(), &[(moment, vec![])]).contains("pipe:[5]  is gone: nobody holds it any more\n"));
}

#[test]
fn nothing_reaches_the_terminal_unescaped_and_ascii_is_ascii() {
    let mut moment = sample::stuck();
    moment.world.processes[1].name = "\x1b]0;owned\x07é".into();
    moment.findings[0].text = "two\nlines — “so”".into();
    let lines = vec![tape(1, TapeKind::Call, Some("p\x1b[2J"), "write(1, \x1b[31m) …")];
    let text = written(Style { ascii: true }, &[(moment, lines)]);
    assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{text}");
    assert!(text.contains("\\033]0;owned\\007\\303\\251  pid 4243"), "{text}");
    assert!(text.contains("two\\nlines -- \"so\""), "{text}");
}

#[test]
fn failures_are_counted_and_a_reader_that_went_away_is_an_error() {
    let mut out = Vec::new();
    let mut transcript = Transcript::new(&mut out, Style::default(), None);
    transcript.moment(&sample::forked()).unwrap();
    transcript.moment(&sample::written()).unwrap();
    assert_eq!(transcript.failed(), 1);

    struct Gone(usize);
    impl Write for Gone {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for room in [0, 10, 100, 300] {
        let error = Transcript::new(Gone(room), Style::default(), None).moment(&sample::forked()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn a_stable_transcript_hides_pids_and_inodes() {
    let mut out = Vec::new();
    let mut transcript = Transcript::new(&mut out, Style::default(), Some(Stable::new(None)));
    for moment in sample::story() {
        transcript.moment(&moment).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    for number in ["4242", "4243", "9751", "99,"] {
        assert!(!text.contains(number), "{number} shows:\n{text}");
    }
    assert!(text.contains("parent  pid 101") && text.contains("pipe:[1001]"), "{text}");
}
