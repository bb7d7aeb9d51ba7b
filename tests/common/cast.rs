//! An asciicast read and replayed, by code that shares nothing with the writer of the program.

use serde_json::Value;

/// One event: its time since the beginning in thousandths of a second, its code, its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: i64,
    pub code: char,
    pub text: String,
}

/// A cast.
#[derive(Debug)]
pub struct Cast {
    pub header: Value,
    pub events: Vec<Event>,
}

impl Cast {
    /// Every line must be whole and parse.
    pub fn parse(text: &str) -> Cast {
        assert!(text.ends_with('\n'), "the last line is not whole: {:?}", text.lines().last());
        let mut lines = text.lines();
        let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        let intervals = header["version"] == 3;
        let (mut events, mut now) = (Vec::new(), 0);
        for line in lines {
            let (time, code, text): (f64, String, String) =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(time >= 0.0, "{line}");
            let time = (time * 1000.0).round() as i64;
            let at = if intervals { now + time } else { time };
            assert!(at >= now, "time runs backwards: {line}");
            now = at;
            assert_eq!(code.chars().count(), 1, "{line}");
            events.push(Event { at, code: code.chars().next().unwrap(), text });
        }
        Cast { header, events }
    }

    pub fn read(path: &str) -> Cast {
        Cast::parse(&std::fs::read_to_string(path).unwrap())
    }

    /// Columns and rows that the header gives.
    pub fn size(&self) -> (usize, usize) {
        let number = |v: &Value| usize::try_from(v.as_u64().unwrap()).unwrap();
        match self.header["version"].as_u64() {
            Some(3) => (number(&self.header["term"]["cols"]), number(&self.header["term"]["rows"])),
            Some(2) => (number(&self.header["width"]), number(&self.header["height"])),
            other => panic!("version {other:?}"),
        }
    }

    /// What a player gets to show, up to the event given.
    pub fn output(&self) -> String {
        self.events.iter().filter(|e| e.code == 'o').map(|e| e.text.as_str()).collect()
    }

    /// Replay the first `count` events in the emulator; the screen then, line by line, without trailing blanks.
    pub fn screen_after(&self, count: usize) -> Vec<String> {
        let (cols, rows) = self.size();
        let mut terminal = avt::Terminal::new(cols, rows).unwrap();
        for event in &self.events[..count] {
            match event.code {
                'o' => terminal.feed(event.text.as_str()),
                'r' => {
                    let (cols, rows) = event.text.split_once('x').unwrap();
                    terminal.resize(cols.parse().unwrap(), rows.parse().unwrap());
                }
                _ => {}
            }
        }
        lines_of(&terminal)
    }

    /// The screen at the end.
    pub fn last_screen(&self) -> Vec<String> {
        self.screen_after(self.events.len())
    }

    /// Where the markers are: index of the event and label.
    pub fn markers(&self) -> Vec<(usize, &str)> {
        let all = self.events.iter().enumerate().filter(|(_, e)| e.code == 'm');
        all.map(|(index, e)| (index, e.text.as_str())).collect()
    }
}

fn lines_of(terminal: &avt::Terminal) -> Vec<String> {
    terminal.screen().visible_lines().map(|line| line.text().trim_end().to_owned()).collect()
}

/// Every number of three or more digits becomes `#`: pids and inodes differ from run to run. What stands around them may
/// move with their length, so that runs of blanks and of lines become one.
pub fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            out.push_str(if digits > 2 && &rest[..digits] != "65536" { "#" } else { &rest[..digits] });
            rest = &rest[digits..];
            continue;
        }
        if !(matches!(c, ' ' | '─' | '-') && out.ends_with(c)) {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}
