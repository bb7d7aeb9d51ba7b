//! What this machine allows, and what each absence takes away. Things are tried, on children that are thrown away, where a
//! setting alone would not tell.

mod probes;
mod surroundings;

pub use probes::probe;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is: `ptrace of own children`.
    pub name: &'static str,
    /// It is there; `None`: it could not be tried.
    pub ok: Option<bool>,
    /// What was seen.
    pub found: String,
    /// What its absence takes away.
    pub without: &'static str,
}

/// What the caller knows of the terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Columns and rows, where there is a terminal.
    pub size: Option<(u16, u16)>,
    /// The locale says UTF-8.
    pub utf8: bool,
}

/// Everything, in the order in which it is told.
pub fn doctor(terminal: &Terminal) -> Vec<Check> {
    let mut checks = probes::checks();
    checks.extend(surroundings::checks(terminal));
    checks
}
