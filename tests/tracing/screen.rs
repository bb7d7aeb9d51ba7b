//! A program that is traced on the screen: held, let go by keys, typed to, looked back at, ended.

use crate::common::family;
use crate::common::tty::Tty;
use crate::folder::Folder;
use std::process::Command;
use std::sync::OnceLock;

/// The programs to step through, compiled once; `None`, said aloud, where there is no compiler or no tracing.
fn held() -> Option<&'static str> {
    static BUILT: OnceLock<Option<String>> = OnceLock::new();
    let build = || {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/traced/held.c");
        let place = format!("{}/held", env!("CARGO_TARGET_TMPDIR"));
        let own = format!("{place}.{}", std::process::id());
        let Ok(status) = Command::new("cc").args(["-Wall", "-Wextra", "-Werror", "-o", &own, source]).status() else {
            eprintln!("skipped: there is no C compiler here");
            return None;
        };
        assert!(status.success(), "held.c does not compile");
        std::fs::rename(own, &place).unwrap();
        // Where tracing is forbidden, that is said where it is tried; here it is enough that it is.
        crate::trace(&[], &[&place, "race"]).map(|_| place)
    };
    BUILT.get_or_init(build).as_deref()
}

/// The program on the screen, held at its first call.
fn open(options: &[&str], what: &str) -> Option<Tty> {
    let program = held()?;
    let args = [&["--theme", "dark", "trace"], options, &["--", program, what]].concat();
    let tty = Tty::start(&args, 100, 36);
    tty.wait("the first frame", |s| s.contains("pipescope") && (s.contains("HELD") || !options.is_empty()));
    Some(tty)
}

/// The pid that stands in the heading of the n-th box of this program.
fn pids(screen: &str) -> Vec<i32> {
    let mut all: Vec<i32> = screen
        .split("held[")
        .skip(1)
        .filter_map(|rest| rest.split_once(']').and_then(|(pid, _)| pid.parse().ok()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Steps on until both children are held before their writes; then the one that is called first goes first.
fn provoked(first: usize) -> Option<String> {
    let mut tty = open(&[], "race")?;
    tty.send("u");
    tty.wait_for("all words");
    tty.send("write fd=4\r");
    let screen = tty.wait("one at its write", |s| s.contains("here it is: write fd=4") && s.contains("HELD"));
    assert!(screen.contains("next: write(4"), "{screen}");
    // Everybody else goes on to their next call, until both are there.
    for _ in 0..20 {
        let screen = tty.text();
        if screen.matches("next: write(4").count() == 2 {
            break;
        }
        let steps = |s: &str| s.split("step ").nth(1).map(|r| r.split(' ').next().unwrap_or("").to_owned());
        let parent = pids(&screen)[0];
        select(&mut tty, parent);
        let now = steps(&tty.text());
        tty.send(".");
        tty.wait("the parent's step", |s| steps(s) != now || s.contains("not at a call"));
    }
    let screen = tty.wait("both at their writes", |s| s.matches("next: write(4").count() == 2);
    let children = &pids(&screen)[1..];
    let (one, other) = (children[first], children[1 - first]);
    for (child, what) in [(one, "the first"), (other, "the second")] {
        select(&mut tty, child);
        tty.send(".");
        tty.wait(what, |s| s.contains(&format!("held[{child}] write(4")));
    }
    tty.send("r");
    let screen = tty.wait("the end", |s| s.contains("ENDED") && s.contains("the order was"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
    Some(screen.split("the order was ").nth(1).unwrap()[..2].to_owned())
}

/// Leave, and have the program ended where that is asked.
fn end_it(tty: &mut Tty) {
    tty.send("q");
    tty.wait_for("End the program that is traced?");
    tty.send("y");
}

/// Tab until this process is selected.
fn select(tty: &mut Tty, pid: i32) {
    for _ in 0..6 {
        let selected = |s: &str| s.contains(&format!("▸ held[{pid}]"));
        if selected(&tty.text()) {
            return;
        }
        let mark = |s: &str| s.split("▸ held[").nth(1).map(|rest| rest.split(']').next().unwrap_or("").to_owned());
        let now = mark(&tty.text());
        tty.send("\t");
        tty.wait("another process to be selected", |s| mark(s) != now);
    }
    panic!("{pid} cannot be selected: {}", tty.text());
}

#[test]
fn whoever_is_let_go_first_is_first() {
    let Some(ab) = provoked(0) else { return };
    let Some(ba) = provoked(1) else { return };
    assert_eq!((ab.as_str(), ba.as_str()), ("ab", "ba"));
}

#[test]
fn it_has_a_terminal_that_can_be_typed_to() {
    let Some(mut tty) = open(&["--run"], "ask") else { return };
    tty.wait_for("terminal 1, foreground 1, leader 0");
    tty.send("t");
    tty.wait_for("you type");
    tty.send("quick\r");
    tty.wait_for("it said <quick>");
    // Ctrl-D at the beginning of a line is the end of what is typed.
    tty.send("\x04");
    tty.wait_for("the end of what was typed");
    tty.wait_for("it exited with 0");
    tty.wait_for("Esc closes");
    tty.send("\x1b");
    let screen = tty.wait("the keys to be ours again", |s| !s.contains("you type") && !s.contains("Esc closes"));
    assert!(screen.contains("ENDED"), "{screen}");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

/// Who reads key by key gets Esc as well, and Ctrl-] is the way out; whoever has ended gets nothing.
#[test]
fn escape_is_the_programs_where_that_takes_every_key() {
    if held().is_none() {
        return;
    }
    let reads =
        "stty -icanon -echo min 1; echo ready; dd bs=1 count=4 2>/dev/null | od -An -tx1; stty icanon; read line";
    let mut tty = Tty::start(&["--theme", "dark", "trace", "--run", "--", "sh", "-c", reads], 100, 36);
    tty.wait_for("ready");
    tty.send("t");
    tty.wait_for("you type, Ctrl-] ends");
    tty.send("\x1b");
    tty.send("a");
    tty.send("\x1d");
    tty.wait("the keys to be ours again", |s| !s.contains("you type"));
    tty.send("t");
    tty.wait_for("you type, Ctrl-] ends");
    tty.send("\x1eb");
    tty.wait_for("1b 61 1e 62");
    // It reads lines now.
    tty.wait_for("you type, Esc ends");
    tty.send("\r");
    tty.wait("the end", |s| s.contains("ENDED") && s.contains("ended, Esc closes"));
    tty.send("x");
    tty.wait_for("nobody reads what you type");
    tty.send("\x1b");
    tty.wait("the keys to be ours again", |s| !s.contains("Esc closes"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn an_interrupt_typed_there_is_the_programs() {
    let Some(mut tty) = open(&["--run"], "ask") else { return };
    tty.wait_for("say>");
    tty.send("t");
    tty.wait_for("you type");
    tty.send("\x03");
    tty.wait_for("signal 2 killed it");
    tty.wait_for("Esc closes");
    tty.send("\x1b");
    tty.wait("the keys to be ours again", |s| s.contains("ENDED") && !s.contains("Esc closes"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 128 + 2);
}

#[test]
fn who_outlives_its_parent_hears_of_no_hangup() {
    let Some(mut tty) = open(&["--run"], "orphan") else { return };
    tty.wait("the end", |s| s.contains("the orphan lives") && s.contains("ENDED"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 3);
}

#[test]
fn sigpipe_is_held_before_it_ends_the_program() {
    let Some(mut tty) = open(&[], "late") else { return };
    tty.send("u");
    tty.wait_for("all words");
    tty.send("epipe\r");
    let screen = tty.wait("the stop", |s| s.contains("here it is: epipe") && s.contains("next: deliver(SIGPIPE)"));
    assert!(screen.contains("HELD") && screen.contains("EPIPE"), "{screen}");
    tty.send(" ");
    tty.wait("the end", |s| s.contains("signal 13 killed it") && s.contains("ENDED"));
    tty.send("q");
    assert_ne!(tty.exit_code(), 0);
}

#[test]
fn a_write_that_goes_on_when_there_is_room_is_seen_to_have_done_so() {
    let Some(mut tty) = open(&[], "flood") else { return };
    tty.send("u");
    tty.wait_for("all words");
    tty.send("write blocked\r");
    tty.wait("a full pipe", |s| s.contains("here it is: write blocked") && s.contains("FULL"));
    let read = |s: &str| s.lines().any(|l| l.starts_with('▶') && l.contains("read(3, ") && l.contains("= 4096"));
    for _ in 0..6 {
        if read(&tty.text()) {
            break;
        }
        let now = tty.text();
        tty.send(" ");
        tty.wait("a step", |s| s != now);
    }
    // The kernel let the writer fill what was read before anybody else could look.
    let screen = tty.wait("the read", |s| read(s));
    assert!(screen.contains("FULL"), "{screen}");
    end_it(&mut tty);
    tty.exit_code();
}

#[test]
fn a_program_that_had_ended_before_what_it_started_has_its_own_status() {
    if held().is_none() {
        return;
    }
    let mut tty = Tty::start(&["--theme", "dark", "trace", "--run", "--", "sh", "-c", "sleep 1000 & exit 4"], 100, 36);
    tty.wait_for("+++ exited 4 +++");
    let family = family::descendants(tty.pid());
    end_it(&mut tty);
    assert_eq!(tty.exit_code(), 4);
    family::wait_for_the_end(&family);
}

#[test]
fn it_is_stepped_looked_back_at_begun_again_saved_and_ended() {
    let Some(mut tty) = open(&[], "race") else { return };
    tty.wait_for("held before its first call; space lets it make one call");
    tty.send(" ");
    tty.wait_for("step 1/1");
    tty.send("u");
    tty.wait_for("all words");
    tty.send("wriet\r");
    tty.wait_for("did you mean write?");
    tty.send("\x15fork\r");
    tty.wait_for("here it is: fork");
    tty.send("b");
    tty.wait_for("PAST");
    tty.send("G");
    tty.wait_for("HELD");
    tty.send("R");
    tty.wait("the beginning", |s| s.contains("step 0 ") && s.contains("HELD"));
    tty.send("p");
    let family = family::descendants(tty.pid());
    let screen = tty.wait("the end, for no write fails", |s| s.contains("ENDED"));
    assert!(screen.contains("the program ended before epipe was reached: it exited with 7"), "{screen}");
    tty.send("R");
    tty.wait_for("HELD");
    tty.send("q");
    tty.wait_for("which only one traced with");
    tty.send("n");
    tty.wait("the question to go", |s| !s.contains("End the program"));
    end_it(&mut tty);
    assert_eq!(tty.exit_code(), 0);
    family::wait_for_the_end(&family);
}

#[test]
fn autoplay_lets_one_call_go_after_the_other() {
    let Some(mut tty) = open(&[], "race") else { return };
    tty.send("++++++++");
    tty.wait_for("autoplay: a step every 0.1 s");
    tty.send("a");
    tty.wait("calls to be made", |s| s.contains("PLAYING") && s.contains("pipe([3, 4])"));
    // Any other key ends it.
    tty.send("T");
    tty.wait_for("theme: light");
    let screen = tty.wait("it to be held again", |s| s.contains("HELD"));
    assert!(screen.contains("next: "), "{screen}");
    tty.send("a");
    tty.wait("the end", |s| s.contains("ENDED") && s.contains("it exited with 7"));
    tty.send("a");
    tty.wait_for("this is the last moment");
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
}

#[test]
fn who_has_no_filter_may_be_left_alive() {
    if held().is_none() {
        return;
    }
    let folder = Folder::new();
    let file = folder.file("said");
    let tale =
        format!("echo one | cat; grep TracerPid /proc/self/status > {file}.part; echo on; mv {file}.part {file}");
    let mut tty = Tty::start(&["--theme", "dark", "trace", "--no-filter", "--", "sh", "-c", &tale], 100, 36);
    tty.wait_for("HELD");
    tty.send(" ");
    tty.wait_for("step 1/1");
    let family = family::descendants(tty.pid());
    tty.send("q");
    tty.wait_for("l lets it live on");
    tty.send("l");
    assert_eq!(tty.exit_code(), 0);
    // It goes on though its terminal was ours, and then nobody is left there.
    crate::common::until(|| std::fs::read_to_string(&file).is_ok_and(|said| said == "TracerPid:\t0\n"));
    family::wait_for_the_end(&family);
}

#[test]
fn a_write_of_these_bytes_is_held_before_it_is_made_and_a_read_shown_after() {
    let Some(mut tty) = open(&[], "race") else { return };
    tty.send("u");
    tty.wait_for("all words");
    tty.send("write data=\"b\"\r");
    let screen = tty.wait("one at its write", |s| s.contains("here it is: write data=") && s.contains("HELD"));
    assert!(screen.contains("next: write(4, \"b\""), "{screen}");
    // The same again: that write is made, and there is no other.
    tty.send("u");
    tty.wait_for("all words");
    tty.send("\x15data=\"b\"\r");
    let screen = tty.wait("the read that brought them", |s| s.contains("here it is: data="));
    assert!(screen.contains("read(3, \"ab\", 2)"), "{screen}");
    // What comes about with the very last moment is told, and so is the end.
    tty.send("u");
    tty.wait_for("all words");
    let main = pids(&tty.text())[0];
    tty.send(&format!("\x15exit process={main}\r"));
    tty.wait("the end", |s| s.contains(&format!("here it is: exit process={main}. And the program has ended")));
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
}

#[test]
fn the_run_is_kept_where_that_is_asked_for() {
    let folder = Folder::new();
    let file = folder.file("kept.pipes");
    let Some(mut tty) = open(&["--save", &file, "--run"], "race") else { return };
    tty.wait_for("ENDED");
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
    let mut tty = Tty::start(&["--theme", "dark", "open", &file], 100, 36);
    tty.wait_for("RECORDED");
    tty.send("G");
    tty.wait("its terminal too", |s| s.contains("the order was") && s.contains("_exit(7)"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn killed_it_takes_the_program_along() {
    let Some(mut tty) = open(&[], "race") else { return };
    tty.send("u");
    tty.wait_for("all words");
    tty.send("write\r");
    tty.wait_for("here it is");
    let family = family::descendants(tty.pid());
    // The leader of its session, the program, a child at least.
    assert!(family.len() >= 3, "{family:?}");
    tty.signal(nix::sys::signal::Signal::SIGKILL);
    family::wait_for_the_end(&family);
}

#[test]
fn a_program_that_is_not_there_is_said_before_anything_is_drawn() {
    let mut tty = Tty::start(&["trace", "--", "/no/such/program"], 80, 24);
    assert_eq!(tty.exit_code(), 127);
    assert!(!String::from_utf8_lossy(&tty.raw()).contains("\x1b[?1049h"));
    let mut tty = Tty::start(&["trace", "--until", "wriet", "--", "true"], 80, 24);
    assert_eq!(tty.exit_code(), 2);
}

#[test]
fn a_program_that_cannot_be_run_is_said_on_the_screen_and_after_it() {
    if held().is_none() {
        return;
    }
    let folder = Folder::new();
    let lost = folder.write("lost", "#!/no/such/interpreter\n");
    std::fs::set_permissions(&lost, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut tty = Tty::start(&["--theme", "dark", "trace", "--", &lost], 100, 30);
    tty.wait_for("HELD");
    tty.send(" ");
    let screen = tty.wait("the exec that failed", |s| s.contains("step 1/1") && s.contains("/no/such/interpreter"));
    assert!(screen.contains("-1 ENOENT"), "{screen}");
    tty.send("r");
    tty.wait("the end", |s| s.contains("ENDED") && s.contains("/no/such/interpreter") && s.contains("q leaves"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 126);
    let said = "the interpreter that it names, /no/such/interpreter, is not (ENOENT)";
    let after = || String::from_utf8_lossy(&tty.raw()).rsplit("\x1b[?1049l").next().unwrap().to_owned();
    crate::common::until(|| after().contains(said));
}

/// A lesson on the screen, in a state folder of its own.
fn lesson(folder: &Folder, name: &str, options: &[&str]) -> Tty {
    let args = [&["--theme", "dark"], options, &["lesson", name]].concat();
    let state = folder.path().to_str().unwrap();
    let mut tty = Tty::start_with(&args, 100, 36, &[("XDG_STATE_HOME", state)]);
    tty.wait("the first frame", |s| s.contains("LIVE"));
    tty.send("x");
    tty.wait("the greeting to go", |s| !s.contains("any key closes it"));
    tty.send("\x1b");
    tty.wait("the stage", |s| s.contains("lessons"));
    tty
}

#[test]
fn a_lessons_own_program_is_run_and_traced_beside_it() {
    if held().is_none() {
        return;
    }
    let folder = Folder::new();
    let mut tty = lesson(&folder, "no-eof", &[]);
    tty.send("E");
    tty.wait_for("next: exec");
    tty.send("r");
    let screen = tty.wait("the hang", |s| s.contains("STUCK") && s.contains("BLOCKED wait"));
    assert!(screen.contains("read returned 5"), "{screen}");
    let family = family::descendants(tty.pid());
    end_it(&mut tty);
    tty.wait("the lesson", |s| s.contains("6 no-eof") && s.contains("LIVE"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    family::wait_for_the_end(&family);
}

#[test]
fn the_articles_program_runs_under_the_real_python() {
    if held().is_none() || crate::python().is_none() {
        return;
    }
    let folder = Folder::new();
    let mut tty = lesson(&folder, "python-pipe", &[]);
    tty.send("E");
    tty.wait_for("next: exec");
    tty.send("r");
    let screen = tty.wait("its end", |s| s.contains("ENDED") && s.contains("received 1000"));
    assert!(screen.contains("python_pipe_article.py"), "{screen}");
    tty.send("q");
    tty.wait("the lesson", |s| s.contains("22 python-pipe") && s.contains("LIVE"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn a_strangers_program_is_not_run_unasked() {
    let folder = Folder::new();
    let toml = "title = \"t\"\nsummary = \"s.\"\nintro = \"i.\"\ncode.c = { file = \"theirs.c\" }\n\n[[step]]\n\
                call = 'parent: pipe()'\nsay = \"A pipe.\"\n";
    folder.write("theirs.c", "int main(void) { return 0; }\n");
    let file = folder.write("theirs.toml", toml);
    let mut tty = lesson(&folder, &file, &[]);
    tty.send("E");
    tty.wait_for("--allow-exec lets it run");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn which_thread_makes_a_call_is_said() {
    let Some(program) = crate::traced() else { return };
    if held().is_none() {
        return;
    }
    let mut tty = Tty::start(&["--theme", "dark", "trace", "--", program, "threads", "2"], 100, 36);
    tty.wait_for("HELD");
    tty.send("u");
    tty.wait_for("all words");
    tty.send("clone\r");
    tty.wait_for("here it is: clone");
    tty.send(" ");
    let screen = tty.wait("the thread that was made", |s| s.contains("clone(CLONE_THREAD) = "));
    let thread = screen.split("clone(CLONE_THREAD) = ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    tty.wait("its first call", |s| s.contains(&format!("{thread} next ")));
    tty.send("r");
    tty.wait("its calls", |s| s.contains(&format!("thread {thread}: ")) && s.contains("ENDED"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}
