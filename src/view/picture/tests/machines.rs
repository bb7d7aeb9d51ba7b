//! Two network namespaces, drawn as machines.

use super::stage::{Stage, text};
use crate::view::Glyphs;
use crate::world::{Known, Link, Machine};

fn link(name: &str, index: u32, other_end: Option<u32>, carrier: bool) -> Link {
    let addresses = vec![([10, 0, 0, index as u8].into(), 24)];
    Link { name: name.into(), index, up: true, carrier, addresses, other_end }
}

fn two(carrier: bool) -> Stage {
    let mut stage = Stage::new("left");
    stage.start("right");
    let pids: Vec<i32> = stage.world.processes.iter().map(|p| p.pid).collect();
    let machine = |network, pid, links| Machine { network, own: false, members: vec![pid], links: Known::Yes(links) };
    stage.world.machines = vec![
        machine(1, pids[0], vec![link("lo", 1, None, true), link("eth0", 2, Some(3), carrier)]),
        machine(2, pids[1], vec![link("eth0", 3, Some(2), carrier)]),
    ];
    stage
}

#[test]
fn a_cable_leads_from_one_machine_to_the_other() {
    for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
        let drawn = text(&two(true).draw(100, glyphs));
        let line = drawn.lines().find(|line| line.contains(" cable ")).unwrap_or_else(|| panic!("{drawn}"));
        assert!(line.contains("eth0 up 10.0.0.2/24") && line.contains("eth0 up 10.0.0.3/24"), "{drawn}");
        assert!(drawn.lines().any(|l| l.contains("left's machine") && l.contains("right's machine")), "{drawn}");
    }
    assert!(text(&two(false).draw(100, Glyphs::UNICODE)).contains(" no carrier "));
    // Where there is no room, they are told of in a line each.
    let narrow = text(&two(true).draw(60, Glyphs::UNICODE));
    assert!(narrow.contains("left's machine  eth0 up 10.0.0.2/24, cable"), "{narrow}");
    assert!(narrow.contains("right's machine  eth0 up 10.0.0.3/24, cable"), "{narrow}");
}
