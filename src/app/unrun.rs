//! A program that could not be run: why, as far as its file tells.

use crate::engine::Moment;
use crate::notation::{Call, Completion, Outcome};
use nix::errno::Errno;
use object::elf::{FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadCache};
use std::fs::File;
use std::io::Read;

/// What a file that is to be run begins with; the kernel itself reads 256 bytes (BINPRM_BUF_SIZE, linux/binfmts.h).
const BEGINNING: usize = 256;
/// The longest name of a loader that is looked at: PATH_MAX, linux/limits.h.
const LONGEST: u64 = 4096;

/// Why the program was not run: the first call of all is its exec, and this is the moment in which that failed.
pub fn why_not_run(moment: &Moment) -> Option<String> {
    let Completion { call: Some(Call::Exec { argv }), outcome: Outcome::Error(errno), .. } = moment.own.as_ref()?
    else {
        return None;
    };
    if moment.step != 1 {
        return None;
    }
    let name = argv.first()?;
    Some(match Errno::from_raw(*errno) {
        Errno::ENOEXEC => format!("{name} {}", no_program(name, &argv.join(" "))),
        Errno::ENOENT => format!("{name} is there, and {} is not (ENOENT)", what_it_needs(name)),
        other => format!("{name} cannot be run: {}", other.desc()),
    })
}

/// The first bytes of a file, and the file; nothing where it cannot be read.
fn beginning(name: &str) -> Option<(Vec<u8>, File)> {
    let file = File::open(name).ok()?;
    let mut bytes = Vec::new();
    (&file).take(BEGINNING as u64).read_to_end(&mut bytes).ok()?;
    Some((bytes, file))
}

/// What a file is that the kernel does not know how to run.
fn no_program(name: &str, all: &str) -> String {
    const NEITHER: &str = "is neither a program of this machine nor a script that begins with #! (ENOEXEC)";
    match beginning(name).map(|(bytes, _)| bytes) {
        Some(bytes) if bytes.starts_with(b"\x7fELF") => format!("{} (ENOEXEC)", foreign(&bytes)),
        Some(bytes) if bytes.starts_with(b"MZ") => "is a program for Windows (ENOEXEC)".into(),
        // As bash has it: what holds a NUL byte in its beginning is no text.
        Some(bytes) if !bytes.contains(&0) => {
            format!("{NEITHER}. A shell reads such a file itself: pipescope trace -- sh {all}")
        }
        _ => NEITHER.into(),
    }
}

/// An ELF file that is no program of this machine: elf(5), machines as in linux/elf-em.h.
fn foreign(bytes: &[u8]) -> String {
    let short = |at: usize| {
        let two = bytes.get(at..at + 2).and_then(|two| <[u8; 2]>::try_from(two).ok())?;
        // EI_DATA: 2 is the most significant byte first.
        Some(if bytes.get(5) == Some(&2) { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    };
    let machine = match short(18) {
        Some(62) => None,
        Some(3) => Some("32-bit x86"),
        Some(8) => Some("MIPS"),
        Some(20 | 21) => Some("PowerPC"),
        Some(22) => Some("IBM Z"),
        Some(40) => Some("32-bit ARM"),
        Some(183) => Some("64-bit ARM"),
        Some(243) => Some("RISC-V"),
        Some(258) => Some("LoongArch"),
        _ => Some("machines of another kind"),
    };
    match (machine, short(16)) {
        (Some(machine), _) => format!("is a program for {machine}, and this machine runs none of those"),
        // ET_REL.
        (None, Some(1)) => "is an object file that was never linked into a program".into(),
        (None, _) => "is an ELF file that holds no program which can be run".into(),
    }
}

/// What a file names that is to run it, where the kernel finds no such thing.
fn what_it_needs(name: &str) -> String {
    const UNKNOWN: &str = "the interpreter that it names";
    let Some((bytes, file)) = beginning(name) else { return UNKNOWN.into() };
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
        let words = String::from_utf8_lossy(line);
        let ended_as_on_windows = words.ends_with('\r');
        let interpreter = words.split_whitespace().next().unwrap_or_default();
        return match ended_as_on_windows && !words.trim_end().contains(' ') {
            true => format!(
                "{interpreter}\\r (its lines end as on Windows; the kernel takes the \\r for a part of the name)"
            ),
            false => format!("the interpreter that it names, {interpreter},"),
        };
    }
    loader(&file).map_or(UNKNOWN.into(), |loader| format!("the loader that it names, {loader},"))
}

/// The loader of a 64-bit ELF file: its segment PT_INTERP, elf(5).
fn loader(file: &File) -> Option<String> {
    let file = ReadCache::new(file);
    let header = FileHeader64::<Endianness>::parse(&file).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, &file).ok()?;
    let segment = segments.iter().find(|s| s.p_type(endian) == PT_INTERP && s.p_filesz(endian) <= LONGEST)?;
    let text = segment.interpreter(endian, &file).ok()??;
    Some(String::from_utf8_lossy(text).into_owned())
}
