//! Whether a full look is worthwhile: a number that changes when something on the stage moved.

use super::proc_dir::{ProcDir, entry};
use super::stat::Stat;
use super::{Subject, peek};
use crate::world::{ObjectKind, World};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A number that stays the same while no subject has run, died, stopped or got another parent.
///
/// Cheap enough for several times a second. It may change without any change of the picture (a process ran and did
/// nothing one could see). Give the last world only while nothing on the stage runs: then the bytes waiting in its FIFOs
/// count too, which processes outside the stage can change without any subject running.
pub fn signature(subjects: &[Subject], last: Option<&World>) -> u64 {
    let mut hash = DefaultHasher::new();
    for subject in subjects {
        of_process(subject, &mut hash);
    }
    for object in last.iter().flat_map(|world| &world.objects).filter(|object| object.kind == ObjectKind::Fifo) {
        peek::bytes_behind(object).hash(&mut hash);
    }
    hash.finish()
}

fn of_process(subject: &Subject, hash: &mut DefaultHasher) {
    subject.pid.hash(hash);
    let seen = ProcDir::of(subject.pid).and_then(|dir| Stat::read(&dir).map(|stat| (dir, stat)));
    let Ok((dir, stat)) = seen else { return };
    (stat.state, stat.ppid, stat.start_time, stat.threads).hash(hash);
    if stat.is_zombie() {
        return;
    }
    // The time on a processor in nanoseconds and the number of turns, sched-stats(5): unchanged, a process of one
    // thread has not run, so its table and its call are what they were.
    let mut buffer = [0; 128];
    let turns = dir.read(c"schedstat", &mut buffer).map(|text| text.hash(hash));
    if turns.is_err() || stat.threads > 1 {
        of_table(&dir, hash);
    }
}

/// The call and the table themselves: dearer, and needed where other threads may have changed them.
fn of_table(dir: &ProcDir, hash: &mut DefaultHasher) {
    let mut buffer = [0; 512];
    dir.read(c"syscall", &mut buffer).map(|text| text.hash(hash)).ok();
    let Ok(links) = dir.inside(c"fd") else { return };
    for number in links.numbers().unwrap_or_default() {
        number.hash(hash);
        links.link(&entry(number)).ok().hash(hash);
    }
}
