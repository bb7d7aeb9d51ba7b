//! Calls that concern shared memory, made ready for a mailbox.

use super::{Order, Rules, strings};
use crate::notation::{MemoryCall, Place};
use crate::stage::Refusal;
use crate::stage::cast::PAGE;
use crate::stage::memory::MEMFD_NAME;
use crate::stage::names::Named;
use crate::stage::perform::{MemoryOp, Op};
use crate::world::MapName;
use nix::libc;

impl Rules<'_> {
    pub(super) fn memory(&self, call: &MemoryCall) -> Result<Order, Refusal> {
        let n = i64::from;
        Ok(match call {
            MemoryCall::MemfdCreate { name, flags } => {
                if name == MEMFD_NAME {
                    return Err(Refusal::Impossible(format!("{name} is the stage's own memory: choose another name")));
                }
                order(MemoryOp::MemfdCreate, [n(*flags), 0, 0]).with(strings([self.name(call, name)?]))
            }
            MemoryCall::ShmOpen { name, flags, mode } => match self.shm(call, name)? {
                // As shm_open(3) adds them.
                Some(path) => {
                    let flags = flags | libc::O_NOFOLLOW | libc::O_CLOEXEC;
                    order(MemoryOp::ShmOpen, [n(flags), i64::from(*mode), 0]).with(path)
                }
                None => failure(libc::EINVAL),
            },
            MemoryCall::ShmUnlink { name } => match self.shm(call, name)? {
                Some(path) => order(MemoryOp::ShmUnlink, [0; 3]).with(path),
                None => failure(libc::ENOENT),
            },
            MemoryCall::Ftruncate { fd, length } => order(MemoryOp::Ftruncate, [n(*fd), *length, 0]),
            MemoryCall::Mmap { length, prot, flags, fd, offset } => {
                mmap([length.cast_signed(), n(*prot), n(*flags)], n(*fd), *offset)?
            }
            MemoryCall::Munmap { map } => {
                let (start, length) = self.mapping(*map)?;
                order(MemoryOp::Munmap, [start.cast_signed(), length.cast_signed(), 0])
            }
            MemoryCall::Load { place } => order(MemoryOp::Load, [self.address(*place)?, 0, 0]),
            MemoryCall::Store { place, value } => order(MemoryOp::Store, [self.address(*place)?, *value, 0]),
            MemoryCall::Increment { place, times, gate } => self.add(MemoryOp::Increment, *place, *times, *gate)?,
            MemoryCall::AtomicIncrement { place, times, gate } => {
                self.add(MemoryOp::AtomicIncrement, *place, *times, *gate)?
            }
            MemoryCall::Lock { place } => order(MemoryOp::Lock, [self.address(*place)?, 0, 0]),
            MemoryCall::Unlock { place } => order(MemoryOp::Unlock, [self.address(*place)?, 0, 0]),
            MemoryCall::FutexWake { place, count } => order(MemoryOp::FutexWake, [self.address(*place)?, n(*count), 0]),
        })
    }

    fn add(&self, op: MemoryOp, place: Place, times: u64, gate: Option<u64>) -> Result<Order, Refusal> {
        let gate = match gate {
            Some(offset) => self.address(Place { map: place.map, offset })?,
            None => 0,
        };
        Ok(order(op, [self.address(place)?, times.cast_signed(), gate]))
    }

    fn name<'n>(&self, call: &MemoryCall, name: &'n str) -> Result<&'n str, Refusal> {
        match name.contains('\0') {
            true => Err(Refusal::Impossible(format!("the name of {} cannot hold a NUL byte", call.name()))),
            false => Ok(name),
        }
    }

    /// Where memory of this name lies; `None` where the C library takes no such name (`shm_open(3)`).
    fn shm(&self, call: &MemoryCall, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let name = self.name(call, name)?.trim_start_matches('/');
        let fits = !name.is_empty() && !name.contains('/');
        Ok(fits.then(|| strings([Named::Memory(name).place(self.scratch).as_str()])))
    }

    /// Where a mapping of the process lies, also one that it has given up: to touch that is SIGSEGV.
    fn mapping(&self, map: MapName) -> Result<(u64, u64), Refusal> {
        let maps = self.cast.actors.get(self.actor).map(|a| &a.maps);
        maps.and_then(|maps| maps.place(map)).ok_or_else(|| {
            let there: Vec<String> = maps.map(|m| m.there().map(|(n, ..)| n.to_string()).collect()).unwrap_or_default();
            let there = if there.is_empty() { "it has none yet: mmap makes one".into() } else { there.join(", ") };
            Refusal::Impossible(format!("the process has no mapping called {map}: {there}"))
        })
    }

    fn address(&self, place: Place) -> Result<i64, Refusal> {
        let (start, length) = self.mapping(place.map)?;
        if !place.offset.is_multiple_of(8) {
            return Err(Refusal::Impossible(format!("a word lies at a multiple of 8 bytes: {} is none", place.offset)));
        }
        // The kernel maps whole pages. What lies behind them may be anything of the process's own.
        let end = length.next_multiple_of(PAGE);
        if place.offset >= end {
            return Err(Refusal::Impossible(format!(
                "{} has {end} bytes: offset {} lies behind it, where other memory of the process may be",
                place.map, place.offset
            )));
        }
        Ok((start + place.offset).cast_signed())
    }
}

fn mmap(args: [i64; 3], fd: i64, offset: i64) -> Result<Order, Refusal> {
    if args[2] & i64::from(libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE) != 0 {
        return Err(Refusal::NotAllowed(
            "mmap with MAP_FIXED is not allowed: the kernel picks the address here".into(),
        ));
    }
    let bytes = [fd, offset].iter().flat_map(|n| n.to_ne_bytes()).collect();
    Ok(order(MemoryOp::Mmap, args).with(bytes))
}

fn order(op: MemoryOp, [a, b, c]: [i64; 3]) -> Order {
    Order::new(Op::Memory, [op as i64, a, b, c])
}

fn failure(errno: i32) -> Order {
    order(MemoryOp::Fail, [i64::from(errno), 0, 0])
}
