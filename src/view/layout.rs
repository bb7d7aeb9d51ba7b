//! Where each pane lies.
//!
//! ```text
//! 80x24                                      narrow or low: panes go in this order:
//! ┌ title ─────────────────────────── 1 ┐    the side pane, the messages, why, say, the key bar.
//! │ stage picture                 ~9-11 │    The stage and the title stay to the last.
//! ├ messages ───────────┬ code or ──────┤
//! │                 5-6 │ terminal      │    120x36: the same order; the side pane holds
//! ├ why ────────────────┴───────── 2-3 ─┤    the code above the terminal.
//! ├ say ────────────────────────── 2-7 ─┤
//! └ key bar ───────────────────────── 1 ┘
//! ```

use ratatui::layout::Rect;

/// What the panes would like, in rows with their rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The whole picture.
    pub stage: u16,
    /// Few panes, with room around them.
    pub sparse: bool,
    /// Why; 0: not at all.
    pub why: u16,
    /// Why has one short line to say: it can stand in its rule where the picture needs the row.
    pub quiet: bool,
    /// What is said.
    pub say: u16,
    /// What is said is a question or its answer: it is shown whole, if need be in the place of messages and why.
    pub whole: bool,
    /// There is a program to show.
    pub code: bool,
    /// The stage's terminal has shown something.
    pub terminal: bool,
    /// Where there is room for one of the two only: the terminal.
    pub terminal_first: bool,
}

/// Where each pane lies; an area without rows is not drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The bar at the top.
    pub title: Rect,
    /// The picture.
    pub stage: Rect,
    /// The tape.
    pub messages: Rect,
    /// The program's text.
    pub code: Rect,
    /// The stage's terminal.
    pub terminal: Rect,
    /// Why.
    pub why: Rect,
    /// What is said.
    pub say: Rect,
    /// The keys.
    pub keys: Rect,
    /// What there was no room for.
    pub missing: Vec<&'static str>,
}

/// The smallest width at which two panes stand side by side.
const TWO_COLUMNS: u16 = 64;

/// Rows in which a terminal below a program leaves enough of both.
const BOTH_WHOLE: u16 = 12;
/// The smallest width at which the terminal stands beside the program, where there are fewer.
const THREE_COLUMNS: u16 = 110;
/// Columns in which every program of the course is shown whole, with its edge and its numbers.
const CODE_WIDTH: u16 = 50;

/// Lay the panes out in `area`.
pub fn plan(area: Rect, needs: Needs) -> Plan {
    let rows = heights(area.height, needs);
    let mut y = area.y;
    let mut take = |height: u16| {
        let rect = Rect { x: area.x, y, width: area.width, height };
        y = y.saturating_add(height);
        rect
    };
    let mut plan = Plan { title: take(rows.title), stage: take(rows.stage), ..Plan::default() };
    let middle = take(rows.messages);
    plan.why = take(rows.why);
    plan.say = take(rows.say);
    plan.keys = take(rows.keys);
    split(&mut plan, middle, needs);
    for (name, missing) in [
        ("messages", rows.messages == 0),
        ("why", needs.why > 0 && rows.why == 0),
        ("say", rows.say == 0),
        ("code", needs.code && plan.code.is_empty()),
        ("terminal", needs.terminal && plan.terminal.is_empty()),
    ] {
        if missing {
            plan.missing.push(name);
        }
    }
    plan
}

/// The middle: messages at the left; at the right the code, the terminal, or one above the other.
fn split(plan: &mut Plan, middle: Rect, needs: Needs) {
    plan.messages = middle;
    if middle.width < TWO_COLUMNS || middle.height == 0 || !(needs.code || needs.terminal) {
        return;
    }
    let left = middle.width * 58 / 100;
    plan.messages.width = left;
    let side = Rect { x: middle.x + left, width: middle.width - left, ..middle };
    let both = needs.code && needs.terminal;
    if both && side.height < BOTH_WHOLE && middle.width >= THREE_COLUMNS {
        plan.messages.width = middle.width * 37 / 100;
        let rest = middle.width - plan.messages.width;
        let code = rest.min(CODE_WIDTH).max(rest * 3 / 5);
        plan.code = Rect { x: middle.x + plan.messages.width, width: code, ..middle };
        plan.terminal = Rect { x: plan.code.right(), width: rest - code, ..middle };
    } else if both && side.height >= 9 {
        let lower = side.height / 3;
        plan.code = Rect { height: side.height - lower, ..side };
        plan.terminal = Rect { y: side.bottom() - lower, height: lower, ..side };
    } else if needs.terminal && (needs.terminal_first || !needs.code) {
        plan.terminal = side;
    } else {
        plan.code = side;
    }
}

struct Heights {
    title: u16,
    stage: u16,
    messages: u16,
    why: u16,
    say: u16,
    keys: u16,
}

/// Give each pane its least in the order of its weight, then each its wish, then the rest to stage and messages.
fn heights(total: u16, needs: Needs) -> Heights {
    let mut left = total;
    let mut take = |wanted: u16| {
        let got = if wanted <= left { wanted } else { 0 };
        left -= got;
        got
    };
    let title = take(1);
    let mut stage = take(6.min(total.saturating_sub(title)));
    let keys = take(1);
    let mut say = take(2);
    let mut why = if needs.why == 0 { 0 } else { take(2) };
    let mut messages = take(3);
    if needs.whole {
        for other in [&mut messages, &mut why] {
            // A pane of fewer than two rows says nothing: its rule stands over one.
            let short = needs.say.saturating_sub(say).saturating_sub(left);
            let kept = if other.saturating_sub(short) < 2 { 0 } else { *other - short };
            if short > 0 {
                left += *other - kept;
                *other = kept;
            }
        }
    }
    let mut grow = |now: &mut u16, wish: u16| {
        if *now > 0 && *now < wish {
            let more = (wish - *now).min(left);
            *now += more;
            left -= more;
        }
    };
    grow(&mut say, needs.say);
    grow(&mut why, needs.why);
    grow(&mut stage, needs.stage.min(8));
    // At a question the last call is enough of the past: what is asked about is in the picture.
    let past = if needs.sparse || needs.whole && stage < needs.stage { 4 } else { 5 };
    grow(&mut messages, past);
    grow(&mut stage, needs.stage.min(11).min(total / 2));
    if needs.quiet && why == 2 && stage < needs.stage {
        (why, stage) = (1, stage + 1);
    }
    if needs.sparse {
        // What is left is air around the picture.
        return Heights { title, stage: stage + left, messages, why, say, keys };
    }
    grow(&mut messages, 7);
    grow(&mut stage, needs.stage.min(total / 2));
    // What nobody asked for is best spent on history.
    if messages > 0 {
        messages += left
    } else {
        stage += left
    }
    Heights { title, stage, messages, why, say, keys }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(needs: Needs) -> [u16; 4] {
        let plan = plan(Rect::new(0, 0, 80, 24), needs);
        [plan.stage.height, plan.messages.height, plan.why.height, plan.say.height]
    }

    #[test]
    fn a_quiet_why_gives_its_row_to_a_picture_that_needs_it() {
        let needs = Needs {
            stage: 14,
            sparse: false,
            why: 2,
            quiet: true,
            say: 3,
            whole: false,
            code: true,
            terminal: false,
            terminal_first: false,
        };
        assert_eq!(rows(needs), [12, 6, 1, 3]);
        assert_eq!(rows(Needs { quiet: false, ..needs }), [11, 6, 2, 3]);
        assert_eq!(rows(Needs { stage: 8, ..needs }), [8, 9, 2, 3]);
        // At a question the picture goes before what is past.
        assert_eq!(rows(Needs { say: 6, whole: true, ..needs }), [11, 4, 1, 6]);
    }

    #[test]
    fn a_wide_and_low_screen_has_program_and_terminal_side_by_side() {
        let needs = Needs {
            stage: 30,
            sparse: false,
            why: 3,
            quiet: false,
            say: 4,
            whole: false,
            code: true,
            terminal: true,
            terminal_first: true,
        };
        let wide = plan(Rect::new(0, 0, 120, 36), needs);
        assert_eq!((wide.messages.width, wide.code.width, wide.terminal.width), (44, 50, 26));
        assert_eq!((wide.code.y, wide.terminal.y), (wide.messages.y, wide.messages.y));
        assert!(wide.missing.is_empty(), "{:?}", wide.missing);
        // A narrow one has room for one of the two.
        assert_eq!(plan(Rect::new(0, 0, 80, 24), needs).missing, ["code"]);
    }

    proptest! {
        #[test]
        fn panes_fill_the_screen_and_never_overlap(w in 0u16..200, h in 0u16..80, stage in 0u16..60, why in 0u16..5,
            say in 2u16..9, whole: bool, quiet: bool, sparse: bool, code: bool, terminal: bool, terminal_first: bool) {
            let area = Rect::new(0, 0, w, h);
            let plan = plan(area, Needs { stage, sparse, why, quiet, say, whole, code, terminal, terminal_first });
            let panes = [plan.title, plan.stage, plan.messages, plan.code, plan.terminal, plan.why, plan.say, plan.keys];
            let sum: u32 = panes.iter().map(|r| r.area()).sum();
            prop_assert_eq!(sum, area.area());
            for (i, a) in panes.iter().enumerate() {
                prop_assert!(a.is_empty() || area.intersection(*a) == *a);
                prop_assert!(panes.iter().skip(i + 1).all(|b| a.is_empty() || b.is_empty() || !a.intersects(*b)));
            }
        }
    }
}
