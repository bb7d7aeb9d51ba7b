//! Who shares what with whom: as text for a person, and as graphs for dot, Mermaid and SVG.

mod dot;
mod drawing;
mod mermaid;
mod svg;
mod text;

pub use text::graph_text;

use crate::survey::{Machine, Picture};
use drawing::Drawing;

/// The picture in the DOT language, for `dot -Tsvg`.
pub fn graph_dot(machine: &Machine, picture: &Picture<'_>) -> String {
    dot::dot(&Drawing::of(machine, picture))
}

/// The picture as a Mermaid flowchart.
pub fn graph_mermaid(machine: &Machine, picture: &Picture<'_>) -> String {
    mermaid::mermaid(&Drawing::of(machine, picture))
}

/// The picture as SVG, processes on the left, things on the right.
pub fn graph_svg(machine: &Machine, picture: &Picture<'_>) -> String {
    svg::svg(&Drawing::of(machine, picture))
}
