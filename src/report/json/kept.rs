//! A moment as a line. What of the world was in the line before is not put into words again: of many processes and objects, a step
//! changes few.

use super::{convert, machine};
use crate::engine::Moment;
use crate::explain::Finding;
use crate::world::{Object, Process};
use serde::Serialize;

/// The parts of the line before, each with what it says.
#[derive(Debug, Default)]
pub(super) struct Kept {
    processes: Vec<(Process, Vec<u8>)>,
    objects: Vec<(Object, Vec<u8>)>,
    findings: Vec<((Finding, bool), Vec<u8>)>,
}

impl Kept {
    /// Add a moment to `out`, without the end of the line.
    pub(super) fn moment(&mut self, moment: &Moment, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *out, &convert::head(moment))?;
        // The brace that ends it: the object goes on.
        out.pop();
        let world = &moment.world;
        out.extend(b",\"world\":{\"processes\":[");
        list(
            &mut self.processes,
            world.processes.iter(),
            out,
            |kept, now| kept == now,
            Clone::clone,
            convert::process,
        )?;
        out.extend(b"],\"objects\":[");
        list(&mut self.objects, world.objects.iter(), out, |kept, now| kept == now, Clone::clone, convert::object)?;
        out.push(b']');
        let machines = machine::machines(world);
        if !machines.is_empty() {
            out.extend(b",\"machines\":");
            serde_json::to_writer(&mut *out, &machines)?;
        }
        out.extend(b"},\"findings\":[");
        let findings = moment.findings.iter().map(|finding| (finding, finding.fix_now(world)));
        let same = |kept: &(Finding, bool), (now, fix_now): (&Finding, bool)| kept.0 == *now && kept.1 == fix_now;
        let clone = |(now, fix_now): (&Finding, bool)| (now.clone(), fix_now);
        list(&mut self.findings, findings, out, same, clone, |(now, fix_now)| convert::finding(now, fix_now))?;
        out.push(b']');
        let from = out.len();
        serde_json::to_writer(&mut *out, &convert::tail(moment))?;
        // The brace that begins it.
        if let Some(brace) = out.get_mut(from) {
            *brace = b',';
        }
        Ok(())
    }
}

/// Add these to `out`, with commas between them: as they were written last, where what stood at the same place is the same.
fn list<K, N: Copy, S: Serialize>(
    kept: &mut Vec<(K, Vec<u8>)>,
    all: impl Iterator<Item = N>,
    out: &mut Vec<u8>,
    same: impl Fn(&K, N) -> bool,
    keep: impl Fn(N) -> K,
    shape: impl Fn(N) -> S,
) -> serde_json::Result<()> {
    let mut count = 0;
    for now in all {
        if count > 0 {
            out.push(b',');
        }
        match kept.get_mut(count) {
            Some((before, text)) if same(before, now) => out.extend_from_slice(text),
            other => {
                let from = out.len();
                serde_json::to_writer(&mut *out, &shape(now))?;
                let text = out.get(from..).unwrap_or_default();
                match other {
                    Some((before, old)) => {
                        *before = keep(now);
                        old.clear();
                        old.extend_from_slice(text);
                    }
                    None => kept.push((keep(now), text.to_vec())),
                }
            }
        }
        count += 1;
    }
    kept.truncate(count);
    Ok(())
}
