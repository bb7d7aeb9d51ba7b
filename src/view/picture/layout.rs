//! Lays the picture out: which processes get a box, which pipes are drawn, what folds to a line, and where all of it is.

use super::drawn::{Drawn, drawable, items};
use super::fold::Line;
use super::place::{Item, Placement, place};
use super::table::{self, Row};
use super::{Picture, machines as side_by_side};
use crate::world::{Access, Body, Process, State};

/// From this width on there are two columns of processes, with the pipes between them.
const TWO_COLUMNS: i32 = 68;
/// From this width on there is one column of processes, with the pipes beside it.
const ONE_COLUMN: i32 = 50;
/// Wider than this the lines would be too long for the eye.
const WIDEST: i32 = 144;
/// More processes than this are too many for boxes: one is open, the others fold.
const MOST_BOXES: usize = 4;
/// So many processes that have ended share a line.
const MANY_ENDED: usize = 4;

/// A process's box.
#[derive(Debug)]
pub(super) struct ProcessBox<'a> {
    pub(super) process: &'a Process,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    /// 0 left of the pipes, 1 right of them.
    pub(super) side: usize,
}

impl ProcessBox<'_> {
    /// With its frame and the row of its state.
    pub(super) fn height(&self) -> i32 {
        self.rows.len() as i32 + 3
    }

    /// The row of the picture that row `index` of the table is on.
    pub(super) fn row_y(&self, index: usize) -> i32 {
        self.y + 2 + index as i32
    }
}

/// The box of a pipe, or of whatever else bytes go through.
#[derive(Debug)]
pub(super) struct PipeBox {
    /// What it shows.
    pub(super) drawn: Drawn,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) inside: i32,
    /// Of a connection: the side that the lines of its upper and of its lower half come from, where each has but one.
    pub(super) toward: [Option<usize>; 2],
}

/// The lines of one side of one pipe that have the same direction.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) side: usize,
    pub(super) access: Access,
    /// Rows of the descriptors.
    pub(super) pins: Vec<i32>,
    /// Row at the pipe.
    pub(super) port: i32,
    /// The column of its vertical part, counted from the processes; `None` where it is straight.
    pub(super) track: Option<i32>,
    /// How many columns lie from one track to the next.
    pub(super) spread: i32,
    /// The column of the first track; the cells before it are kept for arrowheads.
    pub(super) first: i32,
    /// The first column of the channel, and the one after its last.
    pub(super) channel: (i32, i32),
    /// One of its descriptors is selected.
    pub(super) selected: bool,
}

impl Wire {
    /// The column of its upright part, where it has one.
    pub(super) fn column(&self) -> Option<i32> {
        let (start, end) = self.channel;
        let from_process = self.first + self.track? * self.spread;
        Some(if self.side == 0 { start + from_process } else { end - 1 - from_process })
    }
}

/// The whole picture.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) boxes: Vec<ProcessBox<'a>>,
    pub(super) pipes: Vec<PipeBox>,
    pub(super) wires: Vec<Wire>,
    /// What is folded to lines, with its row.
    pub(super) lines: Vec<(i32, Line<'a>)>,
    /// Where the lines start.
    pub(super) left: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// Lays the picture out for `width` columns.
pub(super) fn plan<'a>(picture: &Picture<'a>, width: u16) -> Plan<'a> {
    let whole = i32::from(width);
    let width = whole.min(WIDEST);
    let mut plan = Plan { left: (whole - width) / 2, width, ..Plan::default() };
    let (open, folded) = split(picture);
    let two = open.len() > 1 || folded.is_empty();
    if width < ONE_COLUMN || (width < TWO_COLUMNS && open.len() > 1) {
        list(picture, &mut plan, &open, &folded);
        return plan;
    }
    let sides: usize = if two && width >= TWO_COLUMNS { 2 } else { 1 };
    stack(picture, &mut plan, &open, sides);
    let floor = plan.boxes.iter().map(|b| b.y + b.height()).max().unwrap_or(0);
    let most = if sides == 1 || width < 100 { 4 } else { 6 };
    let mut drawn = drawable(picture, &plan.boxes, most);
    loop {
        let (items, accesses) = items(picture, &plan.boxes, &drawn);
        if let Some(placement) = place(&items, floor)
            && let Some(columns) = Columns::new(width, sides, placement.room())
        {
            settle(picture, &mut plan, &drawn, &accesses, &items, &placement, &columns);
            break;
        }
        // Too many lines for the room: the least important pipe becomes a line of text instead.
        if drawn.pop().is_none() {
            break;
        }
    }
    plan.height = plan.pipes.iter().map(|p| p.y + p.inside + 2).fold(floor, i32::max);
    below(picture, &mut plan, &folded, &drawn);
    plan
}

/// The processes that get a box, and those that fold to a line.
fn split<'a>(picture: &Picture<'a>) -> (Vec<&'a Process>, Vec<&'a Process>) {
    let all: Vec<&Process> = picture.world.processes.iter().collect();
    if all.len() <= MOST_BOXES {
        return (all, Vec::new());
    }
    let (gone, there): (Vec<_>, Vec<_>) = all.iter().copied().partition(|p| matches!(p.state, State::Gone(_)));
    if !there.is_empty() && there.len() <= MOST_BOXES && !gone.iter().any(|p| picture.is_selected(p)) {
        return (there, gone);
    }
    let focus = all
        .iter()
        .position(|p| picture.is_selected(p))
        .or_else(|| all.iter().position(|p| !picture.changes_of(p).is_empty() && p.state.is_alive()))
        .or_else(|| all.iter().position(|p| p.state.blocked_in().is_some()))
        .or_else(|| all.iter().position(|p| p.state.is_alive()))
        .unwrap_or(0);
    let (open, folded): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| *i == focus);
    (open.into_iter().map(|(_, p)| *p).collect(), folded.into_iter().map(|(_, p)| *p).collect())
}

/// Stacks the boxes: the first process on the left, the next two on the right, the fourth on the left.
fn stack<'a>(picture: &Picture<'a>, plan: &mut Plan<'a>, open: &[&'a Process], sides: usize) {
    let mut next = [0; 2];
    for (i, process) in open.iter().enumerate() {
        let side = if sides == 2 && (i == 1 || i == 2) { 1 } else { 0 };
        let Some(y) = next.get_mut(side) else { continue };
        let made = ProcessBox { process, rows: table::rows(picture, process), x: 0, y: *y, width: 0, side };
        *y += made.height();
        plan.boxes.push(made);
    }
}

/// The columns of the picture.
#[derive(Debug, Clone, Copy)]
struct Columns {
    process: i32,
    gutter: i32,
    pipe: i32,
}

impl Columns {
    /// Shares `width` out; `None` where `tracks` do not fit.
    fn new(width: i32, sides: usize, tracks: i32) -> Option<Columns> {
        let needed = tracks.max(1) + 2;
        if sides == 1 {
            let process = (24 + (width - 50) / 3).min(38);
            let gutter = needed.max(5);
            let pipe = (width - process - gutter).min(60);
            return (pipe >= 18).then_some(Columns { process, gutter, pipe });
        }
        let spare = (width - 78).max(0);
        let mut process = if width < 78 { 24 - (78 - width).min(4) / 2 } else { 24 + spare / 4 };
        let mut gutter = 4 + spare / 10;
        if gutter < needed {
            // The pipe keeps the room for its numbers as long as a box can spare a column.
            process -= (needed - gutter).min((process - 23).max(0));
            gutter = needed;
        }
        let mut pipe = width - 2 * (process + gutter);
        while pipe < 18 && process > 22 {
            process -= 1;
            pipe += 2;
        }
        (pipe >= 16).then_some(Columns { process, gutter, pipe })
    }
}

/// Gives everything that was planned its final place.
fn settle(
    picture: &Picture,
    plan: &mut Plan,
    drawn: &[Drawn],
    accesses: &[[Vec<Access>; 2]],
    items: &[Item],
    placement: &Placement,
    columns: &Columns,
) {
    let pipe_x = plan.left + columns.process + columns.gutter;
    let right_x = pipe_x + columns.pipe + columns.gutter;
    for b in &mut plan.boxes {
        b.x = if b.side == 0 { plan.left } else { right_x };
        b.width = columns.process;
    }
    for ((drawn, item), y) in drawn.iter().zip(items).zip(&placement.tops) {
        let toward = item.toward();
        plan.pipes.push(PipeBox { drawn: *drawn, x: pipe_x, y: *y, width: columns.pipe, inside: item.inside, toward });
    }
    let selected: Vec<i32> = plan
        .boxes
        .iter()
        .flat_map(|b| b.rows.iter().enumerate().filter(|(_, r)| r.selected).map(|(i, _)| b.row_y(i)))
        .collect();
    let selected_side = plan.boxes.iter().find(|b| picture.is_selected(b.process)).map(|b| b.side);
    for side in 0..2 {
        let accesses = accesses.iter().flat_map(|a| a.get(side).into_iter().flatten());
        let (Some(nets), Some(channel)) = (placement.nets.get(side), placement.channels.get(side)) else { continue };
        for ((access, net), track) in accesses.zip(nets).zip(&channel.tracks) {
            plan.wires.push(Wire {
                side,
                access: *access,
                pins: net.pins.clone(),
                port: net.port,
                track: *track,
                first: channel.first(columns.gutter),
                spread: channel.spread(columns.gutter),
                channel: if side == 0 {
                    (plan.left + columns.process, pipe_x)
                } else {
                    (pipe_x + columns.pipe, right_x)
                },
                selected: selected_side == Some(side) && net.pins.iter().any(|p| selected.contains(p)),
            });
        }
    }
}

/// The lines below the boxes: pipes that are not drawn, processes that are folded, what is gone.
fn below<'a>(picture: &Picture<'a>, plan: &mut Plan<'a>, folded: &[&'a Process], drawn: &[Drawn]) {
    let mut lines = folded_lines(picture, folded);
    for (i, object) in picture.world.objects.iter().enumerate() {
        let lone_file = object.body == Body::Plain && !object.is_channel() && object.holders.len() < 2;
        if !drawn.iter().any(|d| d.shows(i)) && !lone_file && !object.is_inherited() {
            lines.push(Line::Object(object));
        }
    }
    match side_by_side::height(picture, plan.width) {
        Some(rows) => lines.extend((0..rows).map(Line::Machines)),
        None => lines.extend(machines(picture)),
    }
    lines.extend(picture.world.groups().into_iter().map(|(group, members)| Line::Group(group, members)));
    lines.extend(picture.vanished().map(Line::Vanished));
    add(plan, lines);
}

/// The narrow form: everything as lines.
fn list<'a>(picture: &Picture<'a>, plan: &mut Plan<'a>, open: &[&'a Process], folded: &[&'a Process]) {
    let mut lines = Vec::new();
    for process in open {
        lines.push(Line::Heading(process));
        lines.extend(table::rows(picture, process).into_iter().map(Line::Row));
    }
    lines.extend(folded_lines(picture, folded));
    for object in picture.world.objects.iter().filter(|o| !o.is_inherited()) {
        if object.is_channel() && folded.is_empty() {
            lines.push(Line::Bytes(object));
            lines.push(Line::Ends(object));
            lines.extend(object.holders.iter().filter(|h| h.outside).map(Line::Outside));
        } else {
            lines.push(Line::Object(object));
        }
    }
    lines.extend(machines(picture));
    lines.extend(picture.world.groups().into_iter().map(|(group, members)| Line::Group(group, members)));
    lines.extend(picture.vanished().map(Line::Vanished));
    add(plan, lines);
}

/// A line for each process that has no box; one for all that have ended, where they are many, so that they crowd out nobody who lives.
fn folded_lines<'a>(picture: &Picture<'a>, folded: &[&'a Process]) -> Vec<Line<'a>> {
    let past = |p: &&&Process| {
        matches!(p.state, State::Gone(_)) && !picture.is_selected(p) && picture.changes_of(p).is_empty()
    };
    let ended: Vec<&Process> = folded.iter().filter(past).copied().collect();
    if ended.len() < MANY_ENDED {
        return folded.iter().map(|p| Line::Process(p)).collect();
    }
    let rest = folded.iter().filter(|p| !past(p)).map(|p| Line::Process(p));
    rest.chain([Line::Ended(ended)]).collect()
}

/// A line for each network namespace, where there is more than the machine's own.
fn machines<'a>(picture: &Picture<'a>) -> impl Iterator<Item = Line<'a>> {
    picture.world.machines.iter().enumerate().map(|(index, machine)| Line::Machine(index, machine))
}

fn add<'a>(plan: &mut Plan<'a>, lines: Vec<Line<'a>>) {
    for line in lines {
        plan.lines.push((plan.height, line));
        plan.height += 1;
    }
}
