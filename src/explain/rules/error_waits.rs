//! An error waits in a socket: a connection was reset, or what was sent could not be delivered.

use super::socket_ends::{copies, name};
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Family, Object, SocketType, World};

pub(super) const NAME: &str = "error-waits";

/// Every socket with an error of which its holder has not been told yet.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let socket = object.as_socket().filter(|socket| socket.error)?;
    let copies = copies(world, object);
    let first = copies.iter().find(|e| e.process.is_some())?;
    let (who, fd) = (prose::plain(&first.holder.process), first.holder.fd);
    let what = name(object);
    let (text, long) = match (socket.family, socket.kind) {
        (_, SocketType::Datagram) => (
            format!(
                "An error waits in {what}: what was sent from it came back undelivered. The next call of {who} on fd {fd} fails \
                 with that, ECONNREFUSED as a rule, and takes it away."
            ),
            "The kernel's rule (udp(7), ip(7)): a datagram to a port that nobody has is answered by an ICMP message. A socket that \
             is connected is told of it, at its next call and only there; one that is not connected hears nothing.",
        ),
        (Family::Unix, _) => (
            format!(
                "An error waits in {what}: the other side closed while bytes that it had been sent waited there unread. {who} is \
                 told at a read on fd {fd} that finds nothing: ECONNRESET, once; after that it is end of file."
            ),
            "The kernel's rule (unix(7)): who closes a socket with bytes unread in it throws them away, and the sender hears of it \
             by ECONNRESET. What waits for the sender itself can still be read first.",
        ),
        _ => (
            format!(
                "The connection at {who}'s fd {fd} was {}, and takes it away. After that a read is end of file, and a write raises \
                 SIGPIPE.",
                // A connect that does not wait is told of a refusal as of a reset.
                if first.entry().is_some_and(|fd| fd.nonblock) {
                    format!(
                        "refused or cut off, and an error waits in {what}: the next call there, or getsockopt(SO_ERROR), is told \
                             which, ECONNREFUSED or ECONNRESET"
                    )
                } else {
                    format!(
                        "cut off, and an error waits in {what}: the next call there fails with it, ECONNRESET as a rule"
                    )
                }
            ),
            "The kernel's rule (tcp(7), RFC 9293): who closes a socket with bytes unread in it sends a reset (RST) and no end \
             (FIN), so that the other side does not believe that they were read. A reset also answers what comes for a socket that \
             is gone. The connection is over at once, both ways.",
        ),
    };
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Warning,
        process: first.holder.process.clone(),
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text,
        fix: if socket.has_ended() { format!("{who}: close({fd})") } else { String::new() },
        long: vec![long.to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Known, Peer, Shutdown, Socket, SocketState};

    fn with(socket: Socket) -> Vec<Finding> {
        find(&stage().process("client").socket(3, 7, socket).world())
    }

    fn cut_off(error: bool) -> Socket {
        let shutdown = Known::Yes(Shutdown { receive: true, send: true });
        Socket { family: Family::Inet, shutdown, error, ..stream(SocketState::Close, Peer::None) }
    }

    #[test]
    fn a_reset_is_told_before_the_call_that_hears_of_it() {
        let found = with(cut_off(true));
        assert!(found[0].text.starts_with("The connection at client's fd 3 was cut off"), "{}", found[0].text);
        assert_eq!(found[0].fix, "client: close(3)");
        assert_eq!(with(cut_off(false)), []);
    }

    #[test]
    fn each_kind_of_socket_has_its_own_reason() {
        let unix = with(Socket { error: true, ..stream(SocketState::Established, Peer::Gone) });
        assert!(unix[0].text.contains("closed while bytes"), "{}", unix[0].text);
        let kind = SocketType::Datagram;
        let udp =
            with(Socket { error: true, family: Family::Inet, kind, ..stream(SocketState::Established, Peer::None) });
        assert!(udp[0].text.contains("came back undelivered"), "{}", udp[0].text);
        assert_eq!((udp[0].fix.as_str(), unix[0].fix.as_str()), ("", ""));
    }
}
