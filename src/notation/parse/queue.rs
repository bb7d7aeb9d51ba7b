//! The calls that concern message queues.

use super::super::{Call, PRIVATE_MODE, QueueCall, QueueSizes};
use super::args::Args;
use super::{ParseError, Parsed, string, value};

/// The arguments of the call that `args` belongs to; none where it is of another family.
pub(super) fn call(args: &mut Args<'_, '_>) -> Parsed<Option<Call>> {
    let call = match args.spec.name {
        "mq_open" => open(args)?,
        "mq_send" => send(args)?,
        "mq_receive" => receive(args)?,
        "mq_unlink" => QueueCall::Unlink { name: name(args)? },
        "mq_getattr" => QueueCall::Getattr { fd: descriptor(args)? },
        _ => return Ok(None),
    };
    Ok(Some(Call::Queue(call)))
}

fn open(args: &mut Args<'_, '_>) -> Parsed<QueueCall> {
    let name = name(args)?;
    args.need("flags")?;
    let flags = value::flags(args.cursor, "O_RDWR|O_CREAT")?;
    let mode = if args.more()? { value::mode(args.cursor)? } else { PRIVATE_MODE };
    if !args.more()? {
        return Ok(QueueCall::Open { name, flags, mode, sizes: None });
    }
    let most = value::integer(args.cursor, "the number of messages", "a 64-bit number")?.0;
    args.need("the bytes of one message")?;
    let size = value::integer(args.cursor, "the bytes of one message", "a 64-bit number")?.0;
    Ok(QueueCall::Open { name, flags, mode, sizes: Some(QueueSizes { most, size }) })
}

/// `mq_send(3, "hello", 1)`; also with the length, as C and a transcript say it: `mq_send(3, "hello", 5, 1)`.
fn send(args: &mut Args<'_, '_>) -> Parsed<QueueCall> {
    let fd = descriptor(args)?;
    args.need("data")?;
    let data = string::data(args.cursor)?;
    args.need("a priority")?;
    let (first, at) = value::integer::<u64>(args.cursor, "a priority", "0 to 32767")?;
    if args.more()? {
        if first != data.len() {
            let message = format!("the data has {} bytes, not {first}", data.len());
            return Err(ParseError::new(at, message).with_help("leave the length out; it is the data's own"));
        }
        return Ok(QueueCall::Send { fd, data, priority: priority(args)? });
    }
    let wide = || ParseError::new(at.clone(), "a priority is a 32-bit number, and the kernel takes 0 to 32767");
    let priority = u32::try_from(first).map_err(|_| wide())?;
    Ok(QueueCall::Send { fd, data, priority })
}

/// `mq_receive(3, 16)`; also C's `mq_receive(3, buf, 16, &prio)` and a transcript's `mq_receive(3, "hello", 16)`.
fn receive(args: &mut Args<'_, '_>) -> Parsed<QueueCall> {
    let fd = descriptor(args)?;
    args.need("the size of the buffer")?;
    if args.cursor.peek() == Some('"') {
        string::string(args.cursor, "the size of the buffer")?;
        args.cursor.eat_text("...");
        args.need("the size of the buffer")?;
    } else if args.skip_variable(',') {
        args.need("the size of the buffer")?;
    }
    let size = value::integer(args.cursor, "the size of the buffer", "0 or more")?.0;
    if args.more()? && !args.skip_pointer() {
        return Err(args.excess());
    }
    Ok(QueueCall::Receive { fd, size })
}

fn priority(args: &mut Args<'_, '_>) -> Parsed<u32> {
    value::integer(args.cursor, "a priority", "a 32-bit number").map(|(n, _)| n)
}

fn name(args: &mut Args<'_, '_>) -> Parsed<String> {
    args.need("a name")?;
    string::text(args.cursor, "a name in double quotes")
}

fn descriptor(args: &mut Args<'_, '_>) -> Parsed<i32> {
    args.need("a descriptor")?;
    value::descriptor(args.cursor)
}
