//! Reading a step: the call, the sentence, what is expected, the question, the marks.

use super::fields::{Reader, Table};
use super::source::Text;
use super::{Answer, LessonStep, Prediction};
use crate::notation::{Directed, Expect, parse_directed, parse_expects};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeInteger, DeValue};

/// What a step may say.
pub const KEYS: [&str; 6] = ["id", "call", "say", "expect", "marks", "predict"];

/// There are nine digit keys to answer with.
const MOST_OPTIONS: usize = 9;

/// Expectations, each with the string it was said in.
pub type Clauses = Vec<(Text, Vec<Expect>)>;

/// The marks of a step: by language, the lines (first, last) and where they are said.
pub type Marks = BTreeMap<String, ((u32, u32), Range<usize>)>;

/// A step as the file has it: what it does not say is `None`, so that one may be laid over another.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Where it stands.
    pub span: Range<usize>,
    /// Its name.
    pub id: Option<Text>,
    /// The call, and the string it was said in.
    pub call: Option<(Text, Directed)>,
    /// The sentence.
    pub say: Option<String>,
    /// What is expected.
    pub expect: Option<Clauses>,
    /// The question, and the conditions of its options with their places; `Some(None)` where it is taken away.
    pub predict: Option<Option<(Prediction, Clauses)>>,
    /// The marks.
    pub marks: Option<Marks>,
}

impl Parts {
    /// The step, where it has all that a step must have.
    pub fn step(&self) -> Option<LessonStep> {
        let clauses = self.expect.iter().flatten();
        Some(LessonStep {
            id: self.id.as_ref().map(|id| id.value.clone()),
            call: self.call.as_ref()?.1.clone(),
            say: self.say.clone()?,
            expect: clauses.flat_map(|(_, expects)| expects.iter().cloned()).collect(),
            predict: self.predict.clone().flatten().map(|(ask, _)| ask),
            marks: self.marks.iter().flatten().map(|(language, (lines, _))| (language.clone(), *lines)).collect(),
        })
    }

    /// What `over` says, and where it says nothing what this one does; a line of the program that makes this one's call
    /// makes no other.
    pub fn overlaid(&self, over: &Parts) -> Parts {
        let made = |parts: &Parts| parts.call.as_ref().map(|(_, d)| (d.process.clone(), d.call.name().to_owned()));
        let same_call = made(over).is_none_or(|call| made(self) == Some(call));
        Parts {
            span: over.span.clone(),
            id: self.id.clone(),
            call: over.call.clone().or_else(|| self.call.clone()),
            say: over.say.clone().or_else(|| self.say.clone()),
            expect: over.expect.clone().or_else(|| self.expect.clone()),
            predict: over.predict.clone().or_else(|| self.predict.clone()),
            marks: over.marks.clone().or_else(|| self.marks.clone().filter(|_| same_call)),
        }
    }
}

impl Reader<'_> {
    /// A whole step; keys beside a step's own are in `also`.
    pub fn step(&mut self, table: &Table<'_>, also: &[&str]) -> Parts {
        let keys: Vec<&str> = KEYS.iter().chain(also).copied().collect();
        self.keys(table, &keys);
        if table.get("call").is_none() {
            self.missing(table, "call", "'parent: pipe()'");
        }
        if table.get("say").is_none() {
            self.missing(table, "say", "\"What one sees now, and why.\"");
        }
        self.parts(table)
    }

    /// What a table says of a step.
    pub fn parts(&mut self, table: &Table<'_>) -> Parts {
        let id = self.text(table, "id");
        let call = self.text(table, "call");
        let say = self.text(table, "say");
        Parts {
            span: table.span.clone(),
            id: self.slug(id, "id"),
            call: call.and_then(|text| self.call(text)),
            say: self.sentence(say, "say"),
            expect: self.clauses(table, "expect"),
            predict: self.predict(table),
            marks: self.marks(table),
        }
    }

    fn call(&mut self, text: Text) -> Option<(Text, Directed)> {
        match parse_directed(&text.value, None) {
            Ok(directed) => Some((text, directed)),
            Err(e) => {
                self.wrong_inside(&text, &e.at, e.message, e.help);
                None
            }
        }
    }

    /// Expectations under `key`; those that cannot be understood are left out.
    pub fn clauses(&mut self, table: &Table<'_>, key: &str) -> Option<Clauses> {
        let texts = self.texts(table, key)?;
        let mut out = Vec::new();
        for text in texts {
            if text.value.trim().is_empty() {
                let help = Some("leave the key out, or say what must happen: `returns 5`".into());
                self.wrong(text.span, format!("`{key}` expects nothing"), help);
                continue;
            }
            match parse_expects(&text.value) {
                Ok(expects) => out.push((text, expects)),
                Err(e) => self.wrong_inside(&text, &e.at, e.message, e.help),
            }
        }
        Some(out)
    }

    fn predict(&mut self, table: &Table<'_>) -> Option<Option<(Prediction, Clauses)>> {
        if let DeValue::Boolean(false) = table.get("predict")?.get_ref() {
            return Some(None);
        }
        let table = self.table(table, "predict", "question")?;
        self.keys(&table, &["question", "option"]);
        let question = self.need_sentence(&table, "question", "\"What does the read return?\"");
        let options = self.tables(&table, "option", "option");
        if !(2..=MOST_OPTIONS).contains(&options.len()) {
            let message = format!("a question needs 2 to {MOST_OPTIONS} options; this has {}", options.len());
            let help = "each is a [[step.predict.option]] with `text`, `when` and `why`".to_string();
            self.wrong(table.span.clone(), message, Some(help));
        }
        let mut places = Vec::new();
        let options: Vec<Option<Answer>> = options.iter().map(|o| self.option(o, &mut places)).collect();
        let mut answers: Vec<Answer> = Vec::new();
        for answer in options.into_iter().flatten() {
            if answers.iter().any(|a| a.text == answer.text) {
                let message = format!("two options say `{}`", answer.text);
                self.wrong(table.span.clone(), message, None);
            }
            answers.push(answer);
        }
        Some(question.map(|question| (Prediction { question, options: answers }, places)))
    }

    fn option(&mut self, table: &Table<'_>, places: &mut Clauses) -> Option<Answer> {
        self.keys(table, &["text", "when", "why"]);
        let text = self.need_sentence(table, "text", "\"It blocks\"");
        let why = self.need_sentence(table, "why", "\"Why this is right, or why it tempts and is wrong.\"");
        if table.get("when").is_none() {
            self.missing(table, "when", "'blocks'");
        }
        let when = self.clauses(table, "when")?;
        places.extend(when.iter().cloned());
        let when = when.into_iter().flat_map(|(_, expects)| expects).collect();
        Some(Answer { text: text?, when, why: why? })
    }

    fn marks(&mut self, table: &Table<'_>) -> Option<Marks> {
        let table = self.table(table, "marks", "set of marks")?;
        let mut out = Marks::new();
        for (language, value) in table.entries() {
            if let Some(lines) = self.lines(&language.value, value) {
                out.insert(language.value, (lines, value.span()));
            }
        }
        Some(out)
    }

    /// One line, or the first and the last.
    fn lines(&mut self, language: &str, value: &Spanned<DeValue<'_>>) -> Option<(u32, u32)> {
        let one = |value: &DeValue<'_>| match value {
            DeValue::Integer(n) => number(n).filter(|n| *n > 0),
            _ => None,
        };
        let lines = match value.get_ref() {
            DeValue::Array(items) => match items.iter().map(|i| one(i.get_ref())).collect::<Vec<_>>().as_slice() {
                [Some(first), Some(last)] if first <= last => Some((*first, *last)),
                _ => None,
            },
            value => one(value).map(|n| (n, n)),
        };
        if lines.is_none() {
            let message = format!("`{language}` must mark a line from 1, or the first and the last of several");
            self.wrong(value.span(), message, Some(format!("for example: {language} = 12, or {language} = [8, 9]")));
        }
        lines
    }
}

/// An integer that fits.
pub fn number(n: &DeInteger<'_>) -> Option<u32> {
    u32::from_str_radix(n.as_str(), n.radix()).ok()
}
