//! Mappings that have gone, or are others, without a call that stopped the program: munmap(2), mremap(2) and mprotect(2) stop nobody, for
//! what is private is given up by them all the time.

use super::decode::Then;
use super::tracer::{Flow, Tracer};
use crate::notation::{Call, Completion, Detail, MemoryCall, Outcome, Seen, prot_name};
use crate::observe::Area;
use crate::world::{Access, Mapping, Pid};
use nix::libc;
use std::ops::ControlFlow;

/// What is said of such a call: nobody saw it being made.
const REMARK: &str = "seen afterwards";

/// In what mappings are others than they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// This one is gone.
    Gone(Mapping),
    /// This one is shorter or longer, elsewhere, or may be used otherwise.
    Other { old: Mapping, now: Mapping },
    /// There is one of which nobody knew.
    New(Area),
}

impl Turn {
    /// From what was known to what the kernel says now. `is_part`: an area shows what a mapping does, where they overlap.
    pub(super) fn between(known: &[Mapping], areas: &[Area], is_part: impl Fn(&Mapping, &Area) -> bool) -> Vec<Turn> {
        let mut turns = Vec::new();
        let mut lost = Vec::new();
        // What is there still, from where to where.
        let mut kept: Vec<(u64, u64)> = Vec::new();
        for old in known {
            let parts = areas.iter().filter(|area| is_part(old, area));
            let within = parts.filter(|area| area.start < old.start + old.length && old.start < area.end);
            let mut within = within.map(|a| (a.start.max(old.start), a.end.min(old.start + old.length), a.access));
            let Some((start, mut end, access)) = within.next() else {
                lost.push(old);
                continue;
            };
            within.filter(|(next, ..)| *next == end).collect::<Vec<_>>().iter().for_each(|(_, last, _)| end = *last);
            kept.push((start, end));
            let now =
                Mapping { start, length: end - start, access, offset: old.offset + (start - old.start), ..old.clone() };
            if now != *old {
                turns.push(Turn::Other { old: old.clone(), now });
            }
        }
        let mut rest: Vec<Area> = areas.iter().flat_map(|area| without(area, &kept)).collect();
        for old in lost {
            // As mremap(2) moves it: the same memory from the same place on.
            let moved = |area: &Area| {
                let from = Mapping { start: area.start, ..old.clone() };
                area.offset == old.offset && is_part(&from, area)
            };
            turns.push(match rest.iter().position(moved) {
                Some(at) => {
                    let area = rest.swap_remove(at);
                    let length = area.end - area.start;
                    Turn::Other { old: old.clone(), now: Mapping { start: area.start, length, ..old.clone() } }
                }
                None => Turn::Gone(old.clone()),
            });
        }
        for area in rest {
            // What follows a mapping at once and goes on where that ends is more of it.
            let longer = turns_or_known(&turns, known)
                .into_iter()
                .find(|m| m.start + m.length == area.start && m.access == area.access && is_part(m, &area));
            match longer {
                Some(old) => {
                    let now = Mapping { length: area.end - old.start, ..old.clone() };
                    turns.push(Turn::Other { old, now });
                }
                None => turns.push(Turn::New(area)),
            }
        }
        turns
    }

    /// The call that did it; `None` where no one call is known to.
    fn call(&self) -> Option<Call> {
        let seen = |name: &str, arguments: String| Some(Call::Seen(Box::new(Seen::new(name, arguments))));
        match self {
            Turn::New(_) => None,
            Turn::Gone(Mapping { name: Some(map), .. }) => Some(Call::Memory(MemoryCall::Munmap { map: *map })),
            Turn::Gone(_) => None,
            Turn::Other { old, now } => {
                let name = old.name?;
                let smaller = now.length < old.length;
                let inside = now.start >= old.start && now.start + now.length <= old.start + old.length;
                match () {
                    () if smaller && inside => seen("munmap", format!("{} bytes of {name}", old.length - now.length)),
                    () if (now.start, now.length) != (old.start, old.length) => {
                        seen("mremap", format!("{name}, {}", now.length))
                    }
                    () => seen("mprotect", format!("{name}, {}", prot_name(protection(now.access)))),
                }
            }
        }
    }
}

/// The mappings as they are after these turns.
fn turns_or_known(turns: &[Turn], known: &[Mapping]) -> Vec<Mapping> {
    let now = |old: &Mapping| {
        let turned = turns.iter().rev().find_map(|turn| match turn {
            Turn::Other { old: of, now } if of.name == old.name => Some(Some(now.clone())),
            Turn::Gone(of) if of.name == old.name => Some(None),
            _ => None,
        });
        turned.unwrap_or_else(|| Some(old.clone()))
    };
    known.iter().filter_map(now).collect()
}

/// The parts of an area that lie in none of these.
fn without(area: &Area, kept: &[(u64, u64)]) -> Vec<Area> {
    let mut inside: Vec<(u64, u64)> =
        kept.iter().filter(|(start, end)| *start < area.end && area.start < *end).copied().collect();
    inside.sort_unstable();
    let mut out = Vec::new();
    let mut at = area.start;
    for (start, end) in inside.into_iter().chain([(area.end, area.end)]) {
        if at < start {
            out.push(Area { start: at, end: start, offset: area.offset + (at - area.start), ..area.clone() });
        }
        at = at.max(end);
    }
    out
}

fn protection(access: Access) -> i32 {
    match access {
        Access::None => libc::PROT_NONE,
        Access::Read => libc::PROT_READ,
        Access::Write => libc::PROT_WRITE,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
    }
}

impl Tracer<'_> {
    /// Before anything else is told: what this process has unmapped, a moment for each, in the thread that was heard of.
    pub(super) fn tell_unmapped(&mut self, tid: Pid, pid: Pid) -> Flow {
        if self.picture.mappings(pid).is_empty() {
            return ControlFlow::Continue(());
        }
        // What a call has mapped that has not been heard of yet is its to tell.
        let maps = |then: &Then| matches!(then, Then::Mapped(..) | Then::Attached);
        let awaited = self.threads.in_calls(0).any(|(of, pending)| of == pid && maps(&pending.then));
        for turn in self.picture.turns(pid) {
            if awaited && matches!(turn, Turn::New(_)) {
                continue;
            }
            let call = turn.call();
            self.picture.take_turn(pid, turn);
            let Some(call) = call else { continue };
            let process = self.picture.name(pid);
            let (outcome, detail) = (Outcome::Returned(0), Detail::Remark(REMARK.into()));
            self.call(tid, Completion { process, call: Some(call), outcome, detail }, None)?;
        }
        ControlFlow::Continue(())
    }

    /// The same of all who may have run since they were last asked: those all of whose threads are in calls that are followed have not.
    pub(super) fn tell_all_unmapped(&mut self) -> Flow {
        if !self.picture.any_mapped() {
            return ControlFlow::Continue(());
        }
        for pid in self.picture.who_mapped() {
            if !self.threads.all_in_calls(pid) {
                self.tell_unmapped(pid, pid)?;
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Known, MapName, ObjectId};

    const PAGE: u64 = 0x1000;

    fn mapping(name: u32, start: u64, pages: u64, offset: u64) -> Mapping {
        Mapping {
            name: Some(MapName(name)),
            start,
            length: pages * PAGE,
            access: Access::ReadWrite,
            shared: true,
            object: Some(ObjectId("memfd:x:[7]".into())),
            offset: offset * PAGE,
            words: Known::Yes(vec![1]),
        }
    }

    fn area(start: u64, pages: u64, offset: u64) -> Area {
        Area {
            start,
            end: start + pages * PAGE,
            access: Access::ReadWrite,
            shared: true,
            offset: offset * PAGE,
            device: (0, 1),
            inode: 7,
            path: String::new(),
        }
    }

    /// The calls that are told of, and how many areas are new.
    fn told(known: &[Mapping], areas: &[Area]) -> (Vec<String>, usize) {
        let is_part =
            |m: &Mapping, a: &Area| a.inode == 7 && a.offset.wrapping_sub(a.start) == m.offset.wrapping_sub(m.start);
        let turns = Turn::between(known, areas, is_part);
        let new = turns.iter().filter(|turn| matches!(turn, Turn::New(_))).count();
        (turns.iter().filter_map(Turn::call).map(|call| call.to_string()).collect(), new)
    }

    #[test]
    fn what_has_changed_is_told_as_the_call_that_does_so() {
        let (one, two) = (mapping(1, 0x10000, 2, 0), mapping(2, 0x20000, 1, 4));
        let both = [one.clone(), two.clone()];
        let table: [(&[Area], &[&str], usize); 9] = [
            (&[area(0x10000, 2, 0), area(0x20000, 1, 4)], &[], 0),
            (&[area(0x10000, 2, 0)], &["munmap(m2)"], 0),
            (&[], &["munmap(m1)", "munmap(m2)"], 0),
            (&[area(0x10000, 1, 0), area(0x20000, 1, 4)], &["munmap(4096 bytes of m1)"], 0),
            (&[area(0x11000, 1, 1), area(0x20000, 1, 4)], &["munmap(4096 bytes of m1)"], 0),
            // Elsewhere, and longer; at its place, and longer.
            (&[area(0x40000, 3, 0), area(0x20000, 1, 4)], &["mremap(m1, 12288)"], 0),
            (&[area(0x10000, 3, 0), area(0x20000, 1, 4)], &["mremap(m1, 12288)"], 0),
            // Another mapping of the same.
            (&[area(0x10000, 2, 0), area(0x20000, 1, 4), area(0x50000, 1, 0)], &[], 1),
            // At its place lies another part of it by now.
            (&[area(0x10000, 2, 8), area(0x20000, 1, 4)], &["munmap(m1)"], 1),
        ];
        for (areas, calls, new) in table {
            let calls: Vec<String> = calls.iter().map(|call| (*call).to_owned()).collect();
            assert_eq!(told(&both, areas), (calls, new), "{areas:#x?}");
        }
    }

    #[test]
    fn pieces_of_one_area_are_no_change() {
        // The kernel joins what lies side by side, and splits what is used otherwise.
        let side_by_side = [mapping(1, 0x10000, 1, 0), mapping(2, 0x11000, 1, 1)];
        assert_eq!(told(&side_by_side, &[area(0x10000, 2, 0)]), (vec![], 0));
        let mut locked = [area(0x10000, 1, 0), area(0x11000, 1, 1)];
        assert_eq!(told(&[mapping(1, 0x10000, 2, 0)], &locked), (vec![], 0));
        locked.iter_mut().for_each(|area| area.access = Access::Read);
        assert_eq!(told(&[mapping(1, 0x10000, 2, 0)], &locked), (vec!["mprotect(m1, PROT_READ)".to_owned()], 0));
    }
}
