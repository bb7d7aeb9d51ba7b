//! The calls that concern network namespaces.

use super::super::{Call, NetCall};
use super::args::Args;
use super::socket::ipv4;
use super::{ParseError, Parsed, string, value};

/// The arguments of the call that `args` belongs to; none where it is of another family.
pub(super) fn call(args: &mut Args<'_, '_>) -> Parsed<Option<Call>> {
    let call = match args.spec.name {
        "unshare" => {
            args.need("what to leave, such as CLONE_NEWNET")?;
            NetCall::Unshare { flags: value::flags(args.cursor, "CLONE_NEWNET")? }
        }
        "link_add" => {
            let link = link(args)?;
            args.need("the process at the other end")?;
            NetCall::LinkAdd { link, peer: value::target(args.cursor)? }
        }
        "addr_add" => {
            let link = link(args)?;
            args.need("an address such as 10.0.0.1/24")?;
            let address = ipv4(args.cursor, "an address such as 10.0.0.1/24")?;
            if !args.cursor.eat('/') {
                return Err(args
                    .cursor
                    .unexpected("`/` and how many bits the network has")
                    .with_help("such as 10.0.0.1/24"));
            }
            let (prefix, _) = value::integer(args.cursor, "how many bits the network has", "a number from 0 to 255")?;
            NetCall::AddrAdd { link, address, prefix }
        }
        "link_set" => {
            let link = link(args)?;
            args.need("up or down")?;
            let word = args.cursor.word().ok_or_else(|| args.cursor.unexpected("up or down"))?;
            match word.text {
                "up" | "down" => NetCall::LinkSet { link, up: word.text == "up" },
                _ => return Err(ParseError::new(word.at, "a link is set up or down")),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(Call::Net(call)))
}

fn link(args: &mut Args<'_, '_>) -> Parsed<String> {
    args.need("the name of a link, such as \"eth0\"")?;
    string::text(args.cursor, "the name of a link in double quotes")
}
