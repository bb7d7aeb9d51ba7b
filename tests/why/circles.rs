//! Who waits for each other in a circle, whatever it leads over.

use super::{Hang, ask, finding, hang, holders};

#[test]
fn circles_are_deadlocks_whatever_they_lead_over() {
    let table: &[(&str, &[&str])] = &[
        ("wait-before-read", &["its child", "room in pipe:["]),
        ("crossed-reads", &["fd 6 of", "fd 4 of"]),
        ("crossed-sockets", &["the other end of which"]),
        ("crossed-sends", &["room to send"]),
        ("crossed-fifos", &["to open FIFO", ".a,", ".b,"]),
        ("vfork", &["to run another program or to exit", "fd 4 of"]),
        ("lock-and-pipe", &["the lock of file", "fd 5 of"]),
    ];
    for (name, parts) in table {
        let hang = hang!(name);
        let found = ask(&hang, |f| f["rule"] == "deadlock");
        let text = found["text"].as_str().unwrap();
        assert!(parts.iter().all(|part| text.contains(part)), "{name}: {text}");
        let mut in_it = holders(&hang, &found);
        in_it.sort();
        assert_eq!(in_it.len(), 2, "{name}: {found:#}");
        assert!(in_it.contains(&"parent".to_owned()), "{name}: {found:#}");
    }
}

#[test]
fn python_s_wait_for_a_child_whose_output_nobody_reads() {
    let Some(hang) = Hang::python("wait_full.py", "") else { return };
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    assert!(found["text"].as_str().unwrap().contains("room in pipe:["), "{found:#}");
    let full = finding(&hang, "writer-blocked-on-full", "child");
    assert!(holders(&hang, &full)[0].starts_with("parent "), "{full:#}");
}

#[test]
fn a_deadlock_says_which_call_should_have_come_first() {
    let hang = hang!("wait-before-read");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let fix: Vec<&str> = found["fix"].as_str().unwrap().lines().collect();
    let parent = format!("hangs[{}]", hang.group());
    assert_eq!(fix, [format!("{parent}: read(3)"), format!("kill {}", hang.pid("writer"))]);
    let text = found["text"].as_str().unwrap();
    assert!(text.contains(&format!("had {parent} read fd 3 to its end before it waited")), "{text}");
}
