//! Explain: what is blocked or dangerous in a [`World`], and what would cure it. Data, not prose on
//! the screen: one rule a file, each a pure function from the world alone.
//!
//! To add a rule: write `rules/NAME.rs` with a `find`, and add its row to [`RULES`].

mod again;
#[cfg(test)]
pub(crate) mod build;
mod descriptor;
mod ends;
pub mod framing;
pub mod glossary;
mod locks;
pub mod machines;
mod passing;
mod prose;
mod rules;
pub mod sockets;
mod system_v;
#[cfg(test)]
mod tests;
mod waits;

pub use again::Again;
pub use descriptor::descriptor;
pub use passing::is_passing;
pub use rules::{RULES, Rule, nearest_rule, rule};

use crate::world::{Access, FdNumber, Origin, Pid, ProcName, State, World};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Something worth saying about the world as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name: `eof-withheld`.
    pub rule: String,
    /// How much it matters now.
    pub severity: Severity,
    /// The process it is about.
    pub process: ProcName,
    /// The descriptor it is about.
    pub fd: Option<FdNumber>,
    /// The object it is about: `pipe:[9751]`.
    pub object: Option<String>,
    /// The descriptors that cause it.
    pub holders: Vec<Culprit>,
    /// One or two sentences, in plain words, with every number a person needs.
    pub text: String,
    /// The call or calls that would cure it, in the notation, one a line; empty where there is none.
    pub fix: String,
    /// The long form: paragraphs, one an item, each holder with where it came from.
    pub long: Vec<String>,
}

impl Finding {
    /// Whether the calls of the fix can be made as things stand: nobody that is to make one is asleep in another. Else they
    /// tell what should have been done before.
    pub fn fix_now(&self, world: &World) -> bool {
        let makers = self.fix.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim());
        makers.filter_map(|name| world.process(name)).all(|p| p.state == State::Idle)
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know: nothing is stuck yet.
    Note,
    /// A trap is set: a later call will hang, be killed or wait in vain.
    Warning,
    /// Something waits now.
    Waiting,
    /// Something waits now and nothing on the stage can release it but the fix.
    Stuck,
}

/// A descriptor that causes a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Culprit {
    /// The process that holds it.
    pub process: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// The descriptor.
    pub fd: FdNumber,
    /// In which directions it may be used.
    pub access: Access,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// Every finding about `world`, the gravest first; the same world always gives the same list.
///
/// Among the equally grave the order is that of [`RULES`], and within a rule that of the processes.
pub fn findings(world: &World) -> Vec<Finding> {
    let mut all: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.find)(world)).collect();
    // A stable sort: what the rules found in order stays in order.
    all.sort_by_key(|finding| Reverse(finding.severity));
    all
}
