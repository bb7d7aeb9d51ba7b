//! The calls that concern shared memory.

use super::super::{Call, MemoryCall, PRIVATE_MODE, Place};
use super::args::Args;
use super::cursor::{Cursor, quote};
use super::{ParseError, Parsed, string, value};
use crate::world::MapName;

/// The arguments of the call that `args` belongs to; none where it is of another family.
pub(super) fn call(args: &mut Args<'_, '_>) -> Parsed<Option<Call>> {
    let call = match args.spec.name {
        "memfd_create" => MemoryCall::MemfdCreate { name: name(args)?, flags: flags_or_none(args, "MFD_CLOEXEC")? },
        "shm_open" => {
            MemoryCall::ShmOpen { name: name(args)?, flags: flags(args, "O_RDWR|O_CREAT")?, mode: mode(args)? }
        }
        "shm_unlink" => MemoryCall::ShmUnlink { name: name(args)? },
        "ftruncate" => MemoryCall::Ftruncate { fd: descriptor(args)?, length: signed(args, "a length in bytes")? },
        "mmap" => mmap(args)?,
        "munmap" => munmap(args)?,
        "load" => MemoryCall::Load { place: place(args)? },
        "store" => MemoryCall::Store { place: place(args)?, value: signed(args, "a value to store")? },
        "increment" => MemoryCall::Increment { place: place(args)?, times: times(args)?, gate: gate(args)? },
        "atomic_increment" => {
            MemoryCall::AtomicIncrement { place: place(args)?, times: times(args)?, gate: gate(args)? }
        }
        "lock" => MemoryCall::Lock { place: place(args)? },
        "unlock" => MemoryCall::Unlock { place: place(args)? },
        "futex_wake" => {
            let place = place(args)?;
            let count =
                if args.more()? { value::integer(args.cursor, "a count", "a 32-bit number")?.0 } else { i32::MAX };
            MemoryCall::FutexWake { place, count }
        }
        _ => return Ok(None),
    };
    Ok(Some(Call::Memory(call)))
}

/// `mmap(4096, PROT_READ, MAP_SHARED, 3)`; also C's `mmap(NULL, 4096, ...)`.
fn mmap(args: &mut Args<'_, '_>) -> Parsed<MemoryCall> {
    args.need("a length in bytes")?;
    if args.cursor.eat_keyword("NULL") {
        args.need("a length in bytes")?;
    }
    let length = value::integer(args.cursor, "a length in bytes", "0 or more")?.0;
    let (prot, flags) = (flags(args, "PROT_READ|PROT_WRITE")?, flags(args, "MAP_SHARED")?);
    let fd = if args.more()? { value::descriptor(args.cursor)? } else { -1 };
    let offset = if args.more()? { value::integer(args.cursor, "an offset", "a 64-bit number")?.0 } else { 0 };
    Ok(MemoryCall::Mmap { length, prot, flags, fd, offset })
}

/// `munmap(m1)`; also with C's length, which is all of it here.
fn munmap(args: &mut Args<'_, '_>) -> Parsed<MemoryCall> {
    args.need("a mapping such as m1")?;
    let map = map_name(args.cursor)?;
    Ok(MemoryCall::Munmap { map })
}

/// `m1`.
pub(super) fn map_name(cursor: &mut Cursor<'_>) -> Parsed<MapName> {
    let Some(word) = cursor.word() else { return Err(cursor.unexpected("a mapping such as m1")) };
    let number = word.text.strip_prefix('m').filter(|n| !n.starts_with(['0', '+'])).and_then(|n| n.parse().ok());
    number.map(MapName).ok_or_else(|| {
        ParseError::new(word.at.clone(), format!("expected a mapping such as m1, found {}", quote(word.text)))
            .with_help("the mappings of a process are called m1, m2 and so on, in the order in which mmap made them")
    })
}

fn place(args: &mut Args<'_, '_>) -> Parsed<Place> {
    args.need("a mapping such as m1")?;
    let map = map_name(args.cursor)?;
    args.need("an offset in bytes")?;
    let offset = value::integer(args.cursor, "an offset in bytes", "0 or more")?.0;
    Ok(Place { map, offset })
}

fn times(args: &mut Args<'_, '_>) -> Parsed<u64> {
    args.need("how many times")?;
    value::integer(args.cursor, "how many times", "0 or more").map(|(n, _)| n)
}

fn gate(args: &mut Args<'_, '_>) -> Parsed<Option<u64>> {
    if !args.more()? {
        return Ok(None);
    }
    value::integer(args.cursor, "the offset of a gate", "0 or more").map(|(n, _)| Some(n))
}

fn name(args: &mut Args<'_, '_>) -> Parsed<String> {
    args.need("a name")?;
    string::text(args.cursor, "a name in double quotes")
}

fn descriptor(args: &mut Args<'_, '_>) -> Parsed<i32> {
    args.need("a descriptor")?;
    value::descriptor(args.cursor)
}

fn signed(args: &mut Args<'_, '_>, what: &str) -> Parsed<i64> {
    args.need(what)?;
    value::integer(args.cursor, what, "a 64-bit number").map(|(n, _)| n)
}

fn flags(args: &mut Args<'_, '_>, example: &str) -> Parsed<i32> {
    args.need("flags")?;
    value::flags(args.cursor, example)
}

fn flags_or_none(args: &mut Args<'_, '_>, example: &str) -> Parsed<i32> {
    if args.more()? { value::flags(args.cursor, example) } else { Ok(0) }
}

fn mode(args: &mut Args<'_, '_>) -> Parsed<u32> {
    if args.more()? { value::mode(args.cursor) } else { Ok(PRIVATE_MODE) }
}
