//! What `why` found, as text and as JSON Lines.

use super::HIDDEN;
use super::words::words;
use super::wrap::wrap;
use crate::notation::escape;
use crate::survey::why::{Finding, Holder, InFlight, Line, Report};
use crate::world::{Access, FdNumber, Pid};
use serde::Serialize;
use std::io::{self, Write};

/// So many bytes of a pipe are shown.
const SHOWN: usize = 256;
/// So many holders are listed one by one in text; JSON has all.
const LISTED: usize = 12;
/// A place in the source text and what stands there: so many columns of it, that it has a line.
const STATEMENT: usize = 73;
/// So many processes are named where there may be hundreds.
const NAMED: usize = 3;

/// The findings as paragraphs, at most 80 columns wide. `everybody`: the whole machine was asked about.
///
/// # Errors
/// What writing to the output met, here and below.
pub fn why_text(out: &mut impl Write, report: &Report, everybody: bool) -> io::Result<()> {
    for (place, block) in blocks(&report.findings).iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        if let Some(first) = block.findings.first() {
            heading(out, first, &block.threads)?;
        }
        for finding in block.findings {
            paragraph(out, finding)?;
        }
    }
    if let Some(text) = unseen(report) {
        write!(out, "\n{}", wrap(&text, 0))?;
    }
    if report.hidden {
        write!(out, "\n{}", wrap(HIDDEN, 0))?;
    }
    match conclusion(report, everybody) {
        Some(text) if report.findings.is_empty() => write!(out, "{}", wrap(&text, 0))?,
        Some(text) => write!(out, "\n{}", wrap(&text, 0))?,
        None => {}
    }
    if report.ordinary > 0 {
        let sleep = if report.ordinary == 1 { "process waits" } else { "processes wait" };
        let text = format!(
            "{} {sleep} in the ordinary way, for a client, a clock, input: `pipescope why PID` tells.",
            report.ordinary
        );
        write!(out, "{}", wrap(&text, 0))?;
    }
    Ok(())
}

/// What is told under one heading: of one call, or of the same one in several threads of a process, as idle workers are.
struct Block<'r> {
    findings: &'r [Finding],
    threads: Vec<Pid>,
}

fn blocks(findings: &[Finding]) -> Vec<Block<'_>> {
    let mut all: Vec<Block<'_>> = Vec::new();
    let together = |a: &Finding, b: &Finding| {
        let about = |f: &Finding| (f.pid, f.tid, f.rule == "deadlock");
        about(a) == about(b) && a.call == b.call
    };
    for findings in findings.chunk_by(together) {
        let Some(first) = findings.first() else { continue };
        let mut of_process =
            all.iter_mut().rev().take_while(|b| b.findings.first().is_some_and(|f| f.pid == first.pid));
        match of_process.find(|b| first.rule != "deadlock" && same(b.findings, findings)) {
            Some(block) => block.threads.push(first.tid),
            None => all.push(Block { findings, threads: vec![first.tid] }),
        }
    }
    all
}

/// But for the thread, and the name that it may have.
fn same(one: &[Finding], other: &[Finding]) -> bool {
    let same = |(a, b): (&Finding, &Finding)| Finding { tid: b.tid, thread: b.thread.clone(), ..a.clone() } == *b;
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Where nothing hangs: that, in a sentence.
fn conclusion(report: &Report, everybody: bool) -> Option<String> {
    if !report.findings.is_empty() {
        // Without a holder that can be seen nobody knows whether it can go on.
        let at_an_end = |f: &Finding| f.rule.contains("-blocked-on-") || !f.in_flight.is_empty();
        let unheld = |f: &Finding| f.object.is_some() && f.holders.is_empty() && at_an_end(f);
        let is_fine = |f: &Finding| !f.is_trouble() && !f.stuck && f.rule != "not-permitted" && !unheld(f);
        let healthy = report.findings.iter().all(is_fine);
        let text = "None of them is seen to hang: whom they wait for may still go on.";
        return (healthy && !everybody).then(|| text.to_owned());
    }
    if report.moved > 0 {
        return Some("What they wait for changed each time while it was looked at: they go on.".to_owned());
    }
    Some(match (everybody, report.awake.as_slice()) {
        (true, _) => "No process hangs, as far as can be seen.".to_owned(),
        (false, [one]) => format!("{} is running: it waits for nothing.", plain(one)),
        (false, _) => "None of them sleeps in a call.".to_owned(),
    })
}

fn heading(out: &mut impl Write, finding: &Finding, threads: &[Pid]) -> io::Result<()> {
    let comm = plain(&finding.comm);
    if finding.rule == "deadlock" {
        return match finding.holders.len() {
            1 => writeln!(out, "DEADLOCK between threads of one process"),
            several => writeln!(out, "DEADLOCK of {several} processes"),
        };
    }
    let words = finding.command.as_deref().map(words).unwrap_or_default();
    let thread = match threads {
        [one] if *one == finding.pid => String::new(),
        [one] => {
            let name = finding.thread.as_deref().map(|name| format!(" \"{}\"", plain(name))).unwrap_or_default();
            format!(", thread {one}{name}")
        }
        several => {
            let named: Vec<String> = several.iter().take(NAMED).map(ToString::to_string).collect();
            let more = several.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(", threads {}{more}", named.join(", "))
        }
    };
    let call = match finding.call.as_str() {
        "" => String::new(),
        call => format!(": blocked in {}", plain(call)),
    };
    let text = format!("{comm}[{}]{words} (user {}){thread}{call}", finding.pid, finding.user);
    write!(out, "{}", wrap(&text, 0))?;
    match finding.line.as_ref() {
        Some(line) => write!(out, "{}", wrap(&place(line), 2)),
        None => Ok(()),
    }
}

/// `at jobs.py:12, in work: item = jobs.get()`
fn place(line: &Line) -> String {
    let file = line.file.rsplit('/').next().unwrap_or(&line.file);
    let function = line.function.as_deref().map(|name| format!(", in {}", plain(name))).unwrap_or_default();
    let start = format!("at {}:{}{function}", plain(file), line.number);
    let Some(text) = line.text.as_deref().map(plain) else { return start };
    let room = STATEMENT.saturating_sub(start.chars().count());
    match text.chars().count() > room {
        true => format!("{start}: {}...", text.chars().take(room).collect::<String>().trim_end()),
        false => format!("{start}: {text}"),
    }
}

fn paragraph(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    write!(out, "{}", wrap(&format!("{}: {}", finding.rule, finding.text), 2))?;
    for holder in finding.holders.iter().take(LISTED) {
        write!(out, "{}", wrap(&format!("- {}", described(holder, finding.pid)), 6))?;
    }
    if finding.holders.len() > LISTED {
        writeln!(out, "      and {} more (--json lists them)", finding.holders.len() - LISTED)?;
    }
    for flight in &finding.in_flight {
        for holder in flight.holders.iter().take(LISTED) {
            let text = format!("- to be received in {}: {}", flight.socket, described(holder, finding.pid));
            write!(out, "{}", wrap(&text, 6))?;
        }
    }
    if let Some(object) = &finding.peeked {
        writeln!(out, "{}", waiting(object))?;
    }
    // Whoever may still write should not be told to close: only what closing would bring.
    let waits_for_bytes = matches!(finding.rule, "reader-blocked-on-empty" | "peer-silent");
    let closes = finding.fix.lines().all(|line| line.contains(": close("));
    let label = match waits_for_bytes && closes && !finding.is_trouble() {
        true => "  for end of file: ",
        false => "  fix: ",
    };
    for (i, line) in finding.fix.lines().enumerate() {
        let label = if i == 0 { label.to_owned() } else { " ".repeat(label.len()) };
        writeln!(out, "{label}{}", plain(line))?;
    }
    Ok(())
}

/// `fd 4 w cat[77] (user root), blocked in read(3)`
fn described(holder: &Holder, about: Pid) -> String {
    let fd = holder.fd.map(|fd| format!("fd {fd}{} ", access(holder.access))).unwrap_or_default();
    let itself = if holder.pid == about { ", itself" } else { "" };
    // Its own words are in the heading.
    let words = holder.command.as_deref().filter(|_| holder.pid != about).map(words).unwrap_or_default();
    format!("{fd}{}[{}]{words} (user {}){itself}: {}", plain(&holder.comm), holder.pid, holder.user, holder.doing)
}

fn access(access: Access) -> &'static str {
    match access {
        Access::Read => " r",
        Access::Write => " w",
        Access::ReadWrite => " rw",
        Access::None => "",
    }
}

fn waiting(object: &crate::world::Object) -> String {
    match (object.bytes.value(), object.contents.value()) {
        (Some(bytes), Some(contents)) => {
            let (text, cut) = escape(&contents.head, SHOWN);
            let more = if cut || contents.cut { ", and more" } else { "" };
            format!("  in {}: {bytes} bytes, \"{text}\"{more}", plain(&object.id.0))
        }
        (Some(bytes), None) => format!("  in {}: {bytes} bytes", plain(&object.id.0)),
        (None, _) => match &object.bytes {
            crate::world::Known::No(why) => format!("  in {}: not known ({})", plain(&object.id.0), plain(why)),
            crate::world::Known::Yes(_) => String::new(),
        },
    }
}

/// Who may hold an end and could not be asked.
fn unseen(report: &Report) -> Option<String> {
    let about: Vec<Pid> = report.findings.iter().filter(|f| f.unseen > 0).map(|f| f.pid).collect();
    if about.is_empty() {
        return None;
    }
    let (first, more) = report.unseen.split_at(report.unseen.len().min(NAMED));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let whose = format!("{}{more}", first.join(", "));
    let mut pids: Vec<String> = about.iter().map(ToString::to_string).collect();
    pids.dedup();
    pids.truncate(NAMED);
    let way_out = match report.root {
        true => "That takes CAP_SYS_PTRACE, which this root has not got.".to_owned(),
        false => format!("To see them: `sudo pipescope why {}`", pids.join(" ")),
    };
    let n = report.unseen.len();
    let processes = if n == 1 { "process" } else { "processes" };
    Some(format!(
        "{n} {processes} may hold more ends, unseen, as their descriptors may not be read: {whose}. {way_out}"
    ))
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[derive(Serialize)]
struct FindingLine<'a> {
    r#type: &'static str,
    rule: &'static str,
    pid: Pid,
    tid: Pid,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<&'a str>,
    comm: &'a str,
    command: Option<&'a str>,
    user: &'a str,
    call: Option<&'a str>,
    fd: Option<FdNumber>,
    object: Option<&'a str>,
    holders: Vec<HolderLine<'a>>,
    unseen: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_flight: Vec<FlightLine<'a>>,
    stuck: bool,
    text: &'a str,
    fix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents_cut: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceLine<'a>>,
}

/// As in a moment of a trace.
#[derive(Serialize)]
struct SourceLine<'a> {
    file: &'a str,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct FlightLine<'a> {
    socket: &'a str,
    descriptors: Option<u64>,
    holders: Vec<HolderLine<'a>>,
}

#[derive(Serialize)]
struct HolderLine<'a> {
    pid: Pid,
    comm: &'a str,
    command: Option<&'a str>,
    user: &'a str,
    fd: Option<FdNumber>,
    access: &'static str,
    doing: &'a str,
}

/// The findings as JSON Lines, as docs/json.md has them.
///
/// # Errors
/// What writing to the output met.
pub fn why_json(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for finding in &report.findings {
        let mut line = serde_json::to_vec(&finding_line(finding))?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()
}

fn finding_line(f: &Finding) -> FindingLine<'_> {
    let contents = f.peeked.as_ref().and_then(|o| o.contents.value());
    let escaped = contents.map(|c| (escape(&c.head, SHOWN), c.cut));
    FindingLine {
        r#type: "finding",
        rule: f.rule,
        pid: f.pid,
        tid: f.tid,
        thread: f.thread.as_deref(),
        comm: &f.comm,
        command: f.command.as_deref(),
        user: &f.user,
        call: Some(f.call.as_str()).filter(|call| !call.is_empty()),
        fd: f.fd,
        object: f.object.as_deref(),
        holders: f.holders.iter().map(holder_line).collect(),
        unseen: f.unseen,
        in_flight: f.in_flight.iter().map(flight_line).collect(),
        stuck: f.stuck,
        text: &f.text,
        fix: &f.fix,
        bytes: f.peeked.as_ref().and_then(|o| o.bytes.value().copied()),
        contents_cut: escaped.as_ref().map(|((_, long), cut)| *long || *cut),
        contents: escaped.map(|((text, _), _)| text),
        source: f.line.as_ref().map(|line| SourceLine {
            file: &line.file,
            line: line.number,
            function: line.function.as_deref(),
            text: line.text.as_deref(),
        }),
    }
}

fn flight_line(f: &InFlight) -> FlightLine<'_> {
    FlightLine { socket: &f.socket, descriptors: f.descriptors, holders: f.holders.iter().map(holder_line).collect() }
}

fn holder_line(h: &Holder) -> HolderLine<'_> {
    let access = match h.access {
        Access::Read => "r",
        Access::Write => "w",
        Access::ReadWrite => "rw",
        Access::None => "-",
    };
    HolderLine {
        pid: h.pid,
        comm: &h.comm,
        command: h.command.as_deref(),
        user: &h.user,
        fd: h.fd,
        access,
        doing: &h.doing,
    }
}
