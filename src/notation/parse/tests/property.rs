//! Whatever is typed, nothing breaks; whatever is printed is understood as what it was.

use super::super::super::{
    Amount, Buffering, Call, Data, Did, Directed, Disposition, Expect, Fcntl, Place, QueueCall, StateWord, StdioCall,
    Target, complete, show_completion,
};
use super::super::super::{Completion, Context, Detail, Outcome};
use super::super::*;
use crate::world::{BlockedIn, Death, MapName};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(in super::super) fn name() -> BoxedStrategy<String> {
    let special = ["data", "is", "holds", "no", "finding", "returns", "NULL", "nothing", "in", "SIGTERM"];
    prop_oneof![
        3 => "[a-zA-Z_][a-zA-Z0-9_-]{0,14}",
        1 => proptest::sample::select(special.to_vec()).prop_map(str::to_owned),
    ]
    .prop_filter("reserved", |name| check_name(name).is_ok())
    .boxed()
}

pub(in super::super) fn number() -> BoxedStrategy<i32> {
    prop_oneof![4 => 0..20i32, 1 => any::<i32>()].boxed()
}

fn flags() -> BoxedStrategy<i32> {
    let each = [0, 1, 2, 0x40, 0x400, libc::O_NONBLOCK, libc::O_CLOEXEC, libc::O_SYNC, libc::O_DSYNC, libc::O_TMPFILE];
    prop_oneof![
        3 => vec(proptest::sample::select(each.to_vec()), 0..4).prop_map(|all| all.into_iter().fold(0, |a, b| a | b)),
        1 => any::<i32>(),
    ]
    .boxed()
}

/// Text as the kernel takes it: no zero byte.
fn text() -> BoxedStrategy<String> {
    prop_oneof![2 => "[a-z./-]{0,8}", 1 => any::<String>()].prop_map(|text| text.replace('\0', "")).boxed()
}

pub(in super::super) fn bytes() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        2 => "[ -~]{0,12}".prop_map(String::into_bytes),
        1 => any::<String>().prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..24),
        1 => vec(prop_oneof![Just(0u8), Just(b'1'), Just(b'\\'), Just(b'"'), Just(b'\n')], 0..12),
    ]
    .boxed()
}

pub(in super::super) fn data() -> BoxedStrategy<Data> {
    (bytes(), prop_oneof![3 => Just(1), 1 => 0..70_000u64]).prop_map(|(unit, times)| Data { unit, times }).boxed()
}

fn target() -> BoxedStrategy<Target> {
    prop_oneof![name().prop_map(Target::Name), number().prop_map(Target::Number)].boxed()
}

fn command() -> BoxedStrategy<Fcntl> {
    prop_oneof![
        Just(Fcntl::GetFl),
        flags().prop_map(Fcntl::SetFl),
        Just(Fcntl::GetFd),
        flags().prop_map(Fcntl::SetFd),
        Just(Fcntl::GetPipeSize),
        number().prop_map(Fcntl::SetPipeSize),
        number().prop_map(Fcntl::DupFd),
        number().prop_map(Fcntl::DupFdCloexec),
    ]
    .boxed()
}

fn call() -> BoxedStrategy<Call> {
    let disposition = prop_oneof![Just(Disposition::Default), Just(Disposition::Ignore)];
    let mode = || prop_oneof![Just(0o666), Just(0), any::<u32>()];
    let files = prop_oneof![
        (text(), flags(), mode()).prop_map(|(path, flags, mode)| Call::Open { path, flags, mode }),
        (text(), mode()).prop_map(|(path, mode)| Call::Mkfifo { path, mode }),
        text().prop_map(|path| Call::Unlink { path }),
        vec(text(), 1..4).prop_map(|argv| Call::Exec { argv }),
        (number(), command()).prop_map(|(fd, command)| Call::Fcntl { fd, command }),
    ];
    let processes = prop_oneof![
        option::of(name()).prop_map(|name| Call::Fork { name }),
        (number(), disposition).prop_map(|(signal, disposition)| Call::Signal { signal, disposition }),
        (target(), number()).prop_map(|(target, signal)| Call::Kill { target, signal }),
        (target(), flags()).prop_map(|(target, options)| Call::Waitpid { target, options }),
        Just(Call::Wait),
        number().prop_map(|code| Call::Exit { code }),
        number().prop_map(|code| Call::ExitNow { code }),
        stdio().prop_map(Call::Stdio),
    ];
    let descriptors = prop_oneof![
        Just(Call::Pipe),
        flags().prop_map(|flags| Call::Pipe2 { flags }),
        number().prop_map(|fd| Call::Close { fd }),
        number().prop_map(|fd| Call::Dup { fd }),
        (number(), number()).prop_map(|(from, to)| Call::Dup2 { from, to }),
        (number(), number(), flags()).prop_map(|(from, to, flags)| Call::Dup3 { from, to, flags }),
        (number(), any::<u64>()).prop_map(|(fd, count)| Call::Read { fd, count }),
        (number(), data()).prop_map(|(fd, data)| Call::Write { fd, data }),
    ];
    let sockets = super::super::socket::tests::socket_call().prop_map(Call::Socket);
    prop_oneof![files.boxed(), processes.boxed(), descriptors.boxed(), sockets.boxed(), families()].boxed()
}

fn map() -> BoxedStrategy<MapName> {
    (1..=u32::MAX).prop_map(MapName).boxed()
}

fn families() -> BoxedStrategy<Call> {
    use super::super::super::{MeasureCall, MemoryCall as M, NetCall as N, QueueCall as Q, QueueSizes};
    let mode = || prop_oneof![Just(0o600), Just(0), any::<u32>()];
    let place = || (map(), any::<u64>()).prop_map(|(map, offset)| Place { map, offset });
    let add = || (place(), any::<u64>(), option::of(any::<u64>()));
    let sizes = option::of((any::<i64>(), any::<i64>()).prop_map(|(most, size)| QueueSizes { most, size }));
    let mapping = (any::<u64>(), flags(), flags(), number(), any::<i64>());
    let memory = prop_oneof![
        (text(), flags()).prop_map(|(name, flags)| M::MemfdCreate { name, flags }),
        (text(), flags(), mode()).prop_map(|(name, flags, mode)| M::ShmOpen { name, flags, mode }),
        text().prop_map(|name| M::ShmUnlink { name }),
        (number(), any::<i64>()).prop_map(|(fd, length)| M::Ftruncate { fd, length }),
        mapping.prop_map(|(length, prot, flags, fd, offset)| M::Mmap { length, prot, flags, fd, offset }),
        map().prop_map(|map| M::Munmap { map }),
        place().prop_map(|place| M::Load { place }),
        (place(), any::<i64>()).prop_map(|(place, value)| M::Store { place, value }),
        add().prop_map(|(place, times, gate)| M::Increment { place, times, gate }),
        add().prop_map(|(place, times, gate)| M::AtomicIncrement { place, times, gate }),
        place().prop_map(|place| M::Lock { place }),
        place().prop_map(|place| M::Unlock { place }),
        (place(), number()).prop_map(|(place, count)| M::FutexWake { place, count }),
    ];
    let queue = prop_oneof![
        (text(), flags(), mode(), sizes).prop_map(|(name, flags, mode, sizes)| Q::Open { name, flags, mode, sizes }),
        (number(), data(), any::<u32>()).prop_map(|(fd, data, priority)| Q::Send { fd, data, priority }),
        (number(), any::<u64>()).prop_map(|(fd, size)| Q::Receive { fd, size }),
        text().prop_map(|name| Q::Unlink { name }),
        number().prop_map(|fd| Q::Getattr { fd }),
    ];
    let net = prop_oneof![
        flags().prop_map(|flags| N::Unshare { flags }),
        (text(), target()).prop_map(|(link, peer)| N::LinkAdd { link, peer }),
        (text(), any::<std::net::Ipv4Addr>(), any::<u8>()).prop_map(|(link, address, prefix)| N::AddrAdd {
            link,
            address,
            prefix
        }),
        (text(), any::<bool>()).prop_map(|(link, up)| N::LinkSet { link, up }),
    ];
    let rounds = || (number(), number(), any::<u64>());
    let measure = prop_oneof![
        rounds().prop_map(|(out, back, rounds)| MeasureCall::RoundTrips { out, back, rounds }),
        rounds().prop_map(|(from, to, rounds)| MeasureCall::Echo { from, to, rounds }),
        (number(), any::<u64>()).prop_map(|(fd, bytes)| MeasureCall::Pour { fd, bytes }),
        (number(), any::<u64>(), option::of(any::<i32>())).prop_map(|(fd, bytes, patience)| MeasureCall::Drain {
            fd,
            bytes,
            patience
        }),
    ];
    let memory = memory.prop_map(Call::Memory);
    prop_oneof![2 => memory, 1 => queue.prop_map(Call::Queue), 1 => measure.prop_map(Call::Measure), 1 => net.prop_map(Call::Net)].boxed()
}

fn stdio() -> BoxedStrategy<StdioCall> {
    prop_oneof![
        data().prop_map(|data| StdioCall::Printf { data }),
        Just(StdioCall::Fflush),
        proptest::sample::select(Buffering::ALL.to_vec()).prop_map(|mode| StdioCall::Setvbuf { mode }),
    ]
    .boxed()
}

fn directed() -> BoxedStrategy<Directed> {
    let start = name().prop_map(|name| Directed { process: "stage".into(), call: Call::Start { name } });
    prop_oneof![20 => (name(), call()).prop_map(|(process, call)| Directed { process, call }), 1 => start].boxed()
}

fn did() -> BoxedStrategy<Did> {
    prop_oneof![
        (0..=i64::MAX).prop_map(Did::Returns),
        (0..=i32::MAX, any::<i32>()).prop_map(|(a, b)| Did::ReturnsPair(a, b)),
        data().prop_map(Did::Data),
        map().prop_map(Did::ReturnsMap),
        any::<u32>().prop_map(Did::Priority),
        Just(Did::Eof),
        number().prop_map(Did::Error),
        Just(Did::Blocks),
        (0..256i32).prop_map(Did::Exits),
        number().prop_map(Did::Killed),
        Just(Did::Running),
    ]
    .boxed()
}

fn expect() -> BoxedStrategy<Expect> {
    let call = proptest::sample::select(vec!["read", "write", "wait", "wait4", "open", "poll"]);
    let state = prop_oneof![
        Just(StateWord::Idle),
        Just(StateWord::Running),
        option::of(call.prop_map(str::to_owned)).prop_map(StateWord::Blocked),
        Just(StateWord::Stopped),
        Just(StateWord::Zombie),
        Just(StateWord::Gone),
    ];
    let amount = prop_oneof![any::<u64>().prop_map(Amount::Exactly), any::<u64>().prop_map(Amount::Below)];
    let rule = || "[a-z][a-z0-9-]{0,15}";
    prop_oneof![
        did().prop_map(Expect::Own),
        (name(), did()).prop_map(|(name, did)| Expect::Other(name, did)),
        (name(), state).prop_map(|(name, state)| Expect::State(name, state)),
        (name(), vec(number(), 0..6)).prop_map(|(name, fds)| Expect::Holds(name, fds)),
        (name(), number(), any::<u64>()).prop_map(|(name, fd, n)| Expect::Bytes(name, fd, n)),
        (name(), any::<u64>()).prop_map(|(name, n)| Expect::Keeps(name, n)),
        (name(), number(), any::<usize>()).prop_map(|(name, fd, n)| Expect::Readers(name, fd, n)),
        (name(), number(), any::<usize>()).prop_map(|(name, fd, n)| Expect::Writers(name, fd, n)),
        (name(), map(), any::<u64>(), amount).prop_map(|(name, map, at, n)| Expect::Word(name, map, at, n)),
        (name(), number(), any::<u64>()).prop_map(|(name, fd, n)| Expect::Messages(name, fd, n)),
        rule().prop_map(Expect::Finding),
        rule().prop_map(Expect::NoFinding),
        Just(Expect::NoFindings),
        bytes().prop_map(Expect::Shows),
    ]
    .boxed()
}

fn completion() -> BoxedStrategy<Completion> {
    let death =
        || prop_oneof![number().prop_map(Death::Exited), number().prop_map(Death::Killed), Just(Death::Unknown)];
    let blocked = (any::<String>(), option::of(number())).prop_map(|(call, fd)| BlockedIn {
        call,
        fd,
        child: None,
        path: None,
        count: None,
        opens: None,
    });
    let outcome = prop_oneof![
        (0..20i64).prop_map(Outcome::Returned),
        any::<i64>().prop_map(Outcome::Returned),
        number().prop_map(Outcome::Error),
        blocked.prop_map(Outcome::Blocked),
        death().prop_map(Outcome::Died),
        Just(Outcome::Running),
    ];
    let detail = prop_oneof![
        Just(Detail::None),
        (number(), number()).prop_map(|(a, b)| Detail::Pair(a, b)),
        bytes().prop_map(Detail::Data),
        (any::<String>(), number()).prop_map(|(name, pid)| Detail::Child(name, pid)),
        (option::of(any::<String>()), number(), death()).prop_map(|(n, p, d)| Detail::Waited(n, p, d)),
    ];
    (any::<String>(), option::of(call()), outcome, detail)
        .prop_map(|(process, call, outcome, detail)| Completion { process, call, outcome, detail })
        .boxed()
}

/// Everything that can be asked of a text; a place that an error names is a place in the text.
fn read_as_everything(text: &str) -> Result<(), TestCaseError> {
    let errors = [
        parse_line(text).err(),
        parse_directed(text, None).err(),
        parse_directed(text, Some("parent")).err(),
        parse_expects(text).err(),
    ];
    for error in errors.into_iter().flatten() {
        prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {text:?}", error.at);
        let said = format!("{} {}", error.message, error.help.unwrap_or_default());
        prop_assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    let _ = parse_script(text);
    let _ = complete(text, text.len() / 2, &Context::default());
    Ok(())
}

/// A valid line with a piece cut out and another put in.
fn mutated() -> BoxedStrategy<String> {
    let line = prop_oneof![
        directed().prop_map(|d| d.to_string()),
        vec(expect(), 1..3).prop_map(|all| format!("expect {}", super::listed(&all))),
    ];
    let piece = prop_oneof!["[ -~]{0,3}", Just("\\".into()), Just("...".into()), Just("é".into()), Just("\n".into())];
    (line, any::<prop::sample::Index>(), 0..4usize, piece)
        .prop_map(|(line, at, length, piece)| {
            let chars: Vec<char> = line.chars().collect();
            let at = at.index(chars.len() + 1);
            let after = (at + length).min(chars.len());
            chars[..at].iter().copied().chain(piece.chars()).chain(chars[after..].iter().copied()).collect()
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_printed_call_is_understood_as_the_same(directed in directed()) {
        let printed = directed.to_string();
        prop_assert!(!printed.chars().any(char::is_control), "{printed:?}");
        prop_assert_eq!(parse_line(&printed), Ok(Some(Line::Call(directed.clone()))), "{}", printed);
        let call = directed.call.to_string();
        prop_assert_eq!(parse_directed(&call, Some(&directed.process)), Ok(directed), "{}", call);
    }

    #[test]
    fn printed_expectations_are_understood_as_the_same(expects in vec(expect(), 1..5)) {
        let printed = super::listed(&expects);
        prop_assert!(!printed.chars().any(char::is_control), "{printed:?}");
        prop_assert_eq!(parse_expects(&printed), Ok(expects), "{}", printed);
    }

    #[test]
    fn any_text_is_understood_or_refused(text in any::<String>()) {
        read_as_everything(&text)?;
    }

    #[test]
    fn any_text_of_the_right_letters_is_understood_or_refused(text in r#"[a-c:(),"\\#*|.\[\]&=+0-9xno \n-]{0,24}"#) {
        read_as_everything(&text)?;
        read_as_everything(&format!("p: write(4, {text}"))?;
        read_as_everything(&format!("p: exec({text}"))?;
        read_as_everything(&format!("expect {text}"))?;
    }

    #[test]
    fn a_mutated_line_is_understood_or_refused(text in mutated()) {
        read_as_everything(&text)?;
        // What was understood is printed as something that means the same.
        if let Ok(Some(Line::Call(directed))) = parse_line(&text) {
            prop_assert_eq!(parse_line(&directed.to_string()), Ok(Some(Line::Call(directed.clone()))), "{}", text);
        }
    }

    #[test]
    fn a_completion_is_one_line_that_a_terminal_does_not_obey(completion in completion()) {
        let line = show_completion(&completion);
        let obeyed = |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{fffd}');
        prop_assert!(!line.contains(obeyed), "{line:?}");
    }

    #[test]
    fn a_transcript_line_is_understood_where_the_data_is_whole(completion in completion(), process in name()) {
        if let Some(call) = &completion.call
            && matches!(completion.outcome, Outcome::Returned(_) | Outcome::Error(_) | Outcome::Died(_))
            && !matches!(call, Call::Stdio(StdioCall::Printf { data }) if data.times != 1 || data.unit.len() > 6)
            && !matches!(call, Call::Type { data } if data.times != 1 || data.unit.len() > 6)
            && !matches!(call, Call::Write { data, .. } if data.times != 1 || data.unit.len() > 6)
            && !matches!(call, Call::Queue(QueueCall::Send { data, .. }) if data.times != 1 || data.unit.len() > 6)
            && !matches!(call, Call::Fork { .. } | Call::Open { .. } | Call::Mkfifo { .. })
            && !matches!(call, Call::Exec { argv } if argv.iter().any(|item| item.len() > 60))
            && !matches!(call, Call::Unlink { path } if path.len() > 60)
            && !matches!(call, Call::Socket(call) if call.puts().is_some_and(|(_, data)| data.times != 1 || data.unit.len() > 6))
        {
            let line = format!("{process}: {}", show_completion(&completion));
            let said = Directed { process, call: call.clone() };
            prop_assert_eq!(parse_line(&line), Ok(Some(Line::Call(said))), "{}", line);
        }
    }
}
