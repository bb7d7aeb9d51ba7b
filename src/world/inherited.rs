//! What a traced program was given by whoever started it and has not used so far.

use super::{Fd, FdNumber, Known, Object, World};

/// Of the waiting bytes of such an object: nobody looks into it before a call names it, for it is somebody else's until then.
const INHERITED: &str = "inherited, and not looked into";

impl Object {
    /// A traced program begins with it.
    pub fn set_inherited(&mut self) {
        self.bytes = Known::No(INHERITED.into());
        self.contents = Known::No(INHERITED.into());
    }

    /// A traced program began with it, and no call has named it so far.
    pub fn is_inherited(&self) -> bool {
        matches!(&self.bytes, Known::No(why) if why == INHERITED)
    }
}

impl World {
    /// A descriptor refers to such an object.
    pub fn is_inherited(&self, fd: &Fd) -> bool {
        fd.target.object().and_then(|id| self.object(id)).is_some_and(Object::is_inherited)
    }
}

/// Ascending numbers in runs: `0-2 251`.
pub fn in_runs(numbers: &[FdNumber]) -> String {
    let runs = numbers.chunk_by(|a, b| b.checked_sub(*a) == Some(1));
    let texts = runs.filter_map(|run| match run {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
    });
    texts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::{Body, ObjectId, ObjectKind};
    use super::*;

    #[test]
    fn numbers_stand_in_runs() {
        for (numbers, text) in [(&[][..], ""), (&[1], "1"), (&[0, 1, 2, 10, 251, 252], "0-2 10 251-252")] {
            assert_eq!(in_runs(numbers), text);
        }
    }

    #[test]
    fn what_is_looked_into_is_used() {
        let mut object = Object {
            id: ObjectId("pipe:[7]".into()),
            kind: ObjectKind::Pipe,
            inode: 7,
            bytes: Known::Yes(3),
            capacity: Known::Yes(65536),
            contents: Known::No("unread".into()),
            socket: None,
            holders: Vec::new(),
            body: Body::Plain,
        };
        assert!(!object.is_inherited());
        object.set_inherited();
        assert!(object.is_inherited());
        object.bytes = Known::Yes(0);
        assert!(!object.is_inherited());
    }
}
