//! Where a descriptor came from: the call that made it.

use crate::notation::Call;
use crate::world::{InheritedBy, Origin};

/// A call that makes descriptors, and its step.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) step: usize,
    pub(super) call: String,
    inherited: Vec<InheritedBy>,
}

impl Made {
    pub(super) fn by(step: usize, call: &Call) -> Made {
        Made { step, call: call.to_string(), inherited: Vec::new() }
    }

    /// What made a descriptor that is there already.
    pub(super) fn known(origin: &Origin) -> Made {
        Made { step: origin.step, call: origin.call.clone(), inherited: origin.inherited.clone() }
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { step: self.step, call: self.call.clone(), inherited: self.inherited.clone() }
    }
}
