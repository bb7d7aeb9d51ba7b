//! Where a descriptor came from: the call that made it.

use crate::notation::Call;
use crate::world::Origin;

/// A call that makes descriptors, and its step.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) step: usize,
    pub(super) call: String,
}

impl Made {
    pub(super) fn by(step: usize, call: &Call) -> Made {
        Made { step, call: call.to_string() }
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { step: self.step, call: self.call.clone(), inherited: Vec::new() }
    }
}
