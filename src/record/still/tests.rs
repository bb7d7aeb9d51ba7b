use super::*;
use proptest::prelude::*;
use ratatui::layout::Rect as Area;
use ratatui::style::{Color, Style};

fn still() -> Still {
    Still { title: "one <pipe> & more".into(), palette: Palette::dark() }
}

fn buffer(lines: &[(&str, Style)]) -> Buffer {
    let height = u16::try_from(lines.len()).unwrap();
    let mut buffer = Buffer::empty(Area::new(0, 0, 20, height));
    for (y, (line, style)) in (0_u16..).zip(lines) {
        buffer.set_string(0, y, line, *style);
    }
    buffer
}

/// One element of a document: name, attributes, the text right inside it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out += &rest[..at];
        let end = rest[at..].find(';').expect("an entity ends") + at;
        out += match &rest[at + 1..end] {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            other => panic!("unknown entity {other}"),
        };
        rest = &rest[end + 1..];
    }
    out + rest
}

/// Read a document, strictly: tags nest and close, attributes are quoted and unique, no character is forbidden.
fn parse(document: &str) -> Vec<Element> {
    assert!(document.chars().all(|c| c == '\n' || c == '\t' || !c.is_control() && c != '\u{FFFE}' && c != '\u{FFFF}'));
    let (mut done, mut open) = (Vec::new(), Vec::<Element>::new());
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        match open.last_mut() {
            Some(element) => element.text += &unescape(text),
            None => assert_eq!(text.trim(), "", "text outside the root"),
        }
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let element = open.pop().expect("something is open");
            assert_eq!(element.name, name);
            done.push(element);
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |t| (t, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element { name: name.into(), ..Element::default() };
        while let Some((name, after)) = attributes.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value is quoted");
            assert_eq!(element.get(name), None, "{name} twice");
            element.attributes.push((name.trim().into(), unescape(value)));
            attributes = after.trim_start();
        }
        assert_eq!(attributes, "", "in <{tag}>");
        if empty { done.push(element) } else { open.push(element) }
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    done
}

/// The words of a still, put back on a grid: row by row, column by column.
fn read_back(svg: &str, area: Area) -> Vec<String> {
    let mut grid = vec![vec![" ".to_owned(); area.width.into()]; area.height.into()];
    for element in parse(svg).iter().filter(|e| e.name == "text") {
        let number = |name| element.get(name).unwrap().parse::<f64>().unwrap();
        let (column, row) = ((number("x") / 9.0) as usize, ((number("y") - 14.5) / 19.0) as usize);
        assert!((number("x") - column as f64 * 9.0).abs() < 1e-9 && (number("y") - 14.5) % 19.0 == 0.0, "on the grid");
        if let Some(length) = element.get("textLength") {
            assert_eq!(length, (element.text.chars().count() * 9).to_string());
            for (n, c) in element.text.chars().enumerate() {
                grid[row][column + n] = c.to_string();
            }
        } else {
            grid[row][column].clone_from(&element.text);
        }
    }
    grid.into_iter().map(|row| row.concat().trim_end().to_owned()).collect()
}

/// What of the frame is written: shapes are drawn, so they leave a space here.
fn written(buffer: &Buffer) -> Vec<String> {
    let row = |y| {
        let mut cells = vec![" ".to_owned(); buffer.area.width.into()];
        for (x, _, cell) in cells_of(buffer, y) {
            if shape(cell.symbol()).is_none() {
                cells[usize::from(x)] = cell.symbol().to_owned();
            }
        }
        cells.concat().trim_end().to_owned()
    };
    (0..buffer.area.height).map(row).collect()
}

use super::cells as cells_of;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_frame_is_well_formed_and_its_text_comes_back(
        lines in prop::collection::vec(("[ -~─│▶░é日…\\\\\"&<>\u{1b}]{0,24}", any::<u8>(), any::<u16>()), 1..6)
    ) {
        let lines: Vec<(&str, Style)> = lines
            .iter()
            .map(|(text, n, m)| {
                let hidden = Modifier::from_bits_truncate(*m) - Modifier::HIDDEN;
                (text.as_str(), Style::new().fg(Color::Indexed(*n)).add_modifier(hidden))
            })
            .collect();
        let buffer = buffer(&lines);
        let svg = svg(&buffer, &still());
        prop_assert_eq!(read_back(&svg, buffer.area), written(&buffer));
        let desc = parse(&svg).into_iter().find(|e| e.name == "desc").unwrap();
        prop_assert_eq!(desc.text, text(&buffer));
    }
}

#[test]
fn what_xml_cannot_hold_is_replaced() {
    let mut buffer = buffer(&[("", Style::new())]);
    for (x, symbol) in (0_u16..).zip(["\u{1}", "<", "&", "\u{FFFE}", "]]>"]) {
        buffer[(x, 0)].set_symbol(symbol);
    }
    let svg = svg(&buffer, &still());
    parse(&svg);
    assert!(svg.contains("<title>one &lt;pipe&gt; &amp; more</title>"));
    assert!(svg.contains("]]&gt;"));
}

#[test]
fn looks_become_colours_and_attributes() {
    let palette = Palette::dark();
    let (red, bg, fg) = (palette.ansi[1], palette.bg, palette.fg);
    let plain = Style::new();
    for (style, want) in [
        (plain.fg(Color::Red), vec![format!("fill=\"{red}\">ab<")]),
        (plain, vec!["y=\"14.5\" textLength=\"18\">ab<".to_owned()]),
        (plain.bold().italic(), vec!["font-weight=\"bold\" font-style=\"italic\">ab<".to_owned()]),
        (plain.bg(Color::Red), vec![format!("<path fill=\"{red}\" d=\"M0 0h18v19h-18z\"/>")]),
        (plain.reversed(), vec![format!("<path fill=\"{fg}\" d=\"M0 0h18"), format!("fill=\"{bg}\">ab<")]),
        (plain.underlined(), vec![format!("<path fill=\"{fg}\" d=\"M0 17h18v1h-18z\"/>")]),
        (plain.crossed_out(), vec![format!("<path fill=\"{fg}\" d=\"M0 10h18v1h-18z\"/>")]),
        (plain.dim(), vec![format!("fill=\"{}\">ab<", fg.halfway(bg))]),
    ] {
        let svg = svg(&buffer(&[("ab", style)]), &still());
        for part in want {
            assert!(svg.contains(&part), "{style:?} lacks {part}:\n{svg}");
        }
    }
    let hidden = svg(&buffer(&[("ab", plain.hidden())]), &still());
    assert!(!hidden.contains("<text"));
}

#[test]
fn lines_join_across_cells_into_one_stroke() {
    let svg = svg(&buffer(&[("┌──┐", Style::new()), ("└──┘", Style::new())]), &still());
    // The top from the left corner to the right one, 31.5 + 0.5 pixels, without a seam.
    assert!(svg.contains("M4 9h28v1h-28z"), "{svg}");
    // The left side from the upper corner into the lower.
    assert!(svg.contains("M4 9h1v20h-1z"), "{svg}");
    assert!(!svg.contains("<text"));
}

#[test]
fn a_frame_that_does_not_begin_at_the_origin_is_whole() {
    let mut moved = Buffer::empty(Area::new(3, 2, 20, 1));
    moved.set_string(3, 2, "ab", Style::new());
    assert_eq!(svg(&moved, &still()), svg(&buffer(&[("ab", Style::new())]), &still()));
}
