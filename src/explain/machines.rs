//! Network namespaces in a few words: whose they are, their links, where a cable leads.

use crate::world::{Link, Machine, Process, World, other_end};

/// The machine that a process is in, by its place in the world; `None` where all are in the machine's own network.
pub fn of<'w>(world: &'w World, process: &Process) -> Option<(usize, &'w Machine)> {
    world.machines.iter().enumerate().find(|(_, machine)| machine.members.contains(&process.pid))
}

/// What a machine is called: by the first of its processes.
pub fn name(world: &World, machine: &Machine) -> String {
    let first = machine.members.first().and_then(|pid| world.process_by_pid(*pid));
    match (machine.own, first) {
        (true, _) => "this machine".to_owned(),
        (false, Some(first)) => format!("{}'s machine", first.name),
        (false, None) => "another machine".to_owned(),
    }
}

/// Its processes, by name.
pub fn members(world: &World, machine: &Machine) -> Vec<String> {
    machine.members.iter().filter_map(|pid| Some(world.process_by_pid(*pid)?.name.clone())).collect()
}

/// Its links, one each: `lo down`, `eth0 up 10.0.0.1/24, cable to right's machine`; where they are not known, why.
pub fn links(world: &World, index: usize) -> Result<Vec<String>, String> {
    let Some(machine) = world.machines.get(index) else { return Ok(Vec::new()) };
    let links = machine.links.value().ok_or_else(|| machine.links.reason().unwrap_or_default().to_owned())?;
    Ok(links
        .iter()
        .map(|link| {
            let mut text = self::link(link);
            let other = other_end(&world.machines, index, link).and_then(|(other, _)| world.machines.get(other));
            if let Some(other) = other {
                text += &format!(", cable to {}", name(world, other));
            }
            text
        })
        .collect())
}

/// A link without where it leads: `eth0 up 10.0.0.1/24`.
pub fn link(link: &Link) -> String {
    let addresses: String = link.addresses.iter().map(|(ip, bits)| format!(" {ip}/{bits}")).collect();
    format!("{} {}{addresses}", link.name, link.state())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Known;

    fn link(name: &str, index: u32, other_end: Option<u32>, addresses: &[[u8; 4]]) -> Link {
        let addresses = addresses.iter().map(|a| ((*a).into(), 24)).collect();
        Link { name: name.into(), index, up: true, carrier: index != 3, addresses, other_end }
    }

    #[test]
    fn a_cable_leads_from_one_machine_to_the_other() {
        let mut world = stage().process("left").process("right").world();
        let pids: Vec<i32> = world.processes.iter().map(|p| p.pid).collect();
        let machine = |network, pid, links| Machine { network, own: false, members: vec![pid], links };
        let cable = |index, other, ip| Known::Yes(vec![link("eth0", index, Some(other), &[ip])]);
        world.machines = vec![
            machine(1, pids[0], cable(2, 3, [10, 0, 0, 1])),
            machine(2, pids[1], cable(3, 2, [10, 0, 0, 2])),
            Machine { own: true, ..machine(3, 1, Known::No("left alone".into())) },
        ];
        assert_eq!(links(&world, 0).unwrap(), ["eth0 up 10.0.0.1/24, cable to right's machine"]);
        assert_eq!(links(&world, 1).unwrap(), ["eth0 up, no carrier 10.0.0.2/24, cable to left's machine"]);
        assert_eq!(links(&world, 2).unwrap_err(), "left alone");
        assert_eq!(name(&world, &world.machines[2]), "this machine");
        assert_eq!(of(&world, &world.processes[1]).map(|(i, _)| i), Some(1));
        // A third with the same numbers: nobody can tell.
        world.machines.push(machine(4, 9, cable(3, 2, [10, 0, 0, 3])));
        assert_eq!(links(&world, 0).unwrap(), ["eth0 up 10.0.0.1/24"]);
    }
}
