//! A TOML document read key by key: whatever is wrong is noted with its line, and reading goes on.

use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duration;
use super::interpolate::interpolate;
use super::mistake::Mistake;
use super::nearest::nearest;

/// What has been found so far.
pub(super) struct Reading {
    /// Where each line begins.
    lines: Vec<usize>,
    /// Paths in the file are relative to this.
    directory: PathBuf,
    pub(super) mistakes: Vec<Mistake>,
    /// What is no mistake, and worth a look.
    pub(super) notes: Vec<Mistake>,
}

/// A table and the keys that nobody has asked for yet.
pub(super) struct Table<'a> {
    /// How to name it: `[tls]`; empty for the document.
    name: String,
    pub(super) line: usize,
    entries: DeTable<'a>,
    asked: Vec<&'static str>,
}

/// A text with its variables put in.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) value: String,
    /// As it stands in the file: what a message may quote.
    pub(super) written: String,
    pub(super) line: usize,
}

impl Reading {
    /// Reads a file's text. Without correct syntax there is nothing more to read.
    pub(super) fn start<'a>(source: &'a str, directory: &Path) -> (Self, Table<'a>) {
        let newlines = source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(newlines).collect();
        let mut reading = Self { lines, directory: directory.to_owned(), mistakes: vec![], notes: vec![] };
        let (document, errors) = DeTable::parse_recoverable(source);
        for error in errors {
            let line = error.span().map_or(0, |span| reading.line(span.start));
            // The message alone: the excerpt that comes with it may show a secret.
            reading.wrong(line, error.message().replace('\n', ": "));
        }
        let document = document.into_inner();
        (reading, Table { name: String::new(), line: 1, entries: document, asked: vec![] })
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, line: usize, what: impl Into<String>) {
        self.mistakes.push(Mistake { line, what: what.into() });
    }

    /// Notes what is no mistake.
    pub(super) fn note(&mut self, line: usize, what: impl Into<String>) {
        self.notes.push(Mistake { line, what: what.into() });
    }

    /// A path, from where the file is.
    pub(super) fn path(&self, text: &Text) -> PathBuf {
        self.directory.join(&text.value)
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }
}

impl<'a> Table<'a> {
    /// A text.
    pub(super) fn text(&mut self, reading: &mut Reading, key: &'static str) -> Option<Text> {
        let value = self.take(key)?;
        self.as_text(reading, key, &value)
    }

    /// A text that must be there.
    pub(super) fn required(
        &mut self,
        reading: &mut Reading,
        key: &'static str,
        example: &str,
    ) -> Option<Text> {
        if !self.entries.contains_key(key) {
            self.ask(key);
            reading.wrong(self.line, format!("{}`{key}` is missing: {example}", self.place()));
            return None;
        }
        self.text(reading, key)
    }

    /// A list of texts; a single one counts as a list.
    pub(super) fn texts(&mut self, reading: &mut Reading, key: &'static str) -> Option<Vec<Text>> {
        let value = self.take(key)?;
        match value.get_ref() {
            DeValue::Array(list) => {
                Some(list.iter().filter_map(|item| self.as_text(reading, key, item)).collect())
            }
            _ => self.as_text(reading, key, &value).map(|text| vec![text]),
        }
    }

    /// The texts under names with a language tag: `"client_name#de"`.
    pub(super) fn texts_with_tags(&mut self, reading: &mut Reading) -> Vec<(String, Text)> {
        let tagged = |name: &str| name.contains('#');
        let names: Vec<String> =
            self.entries.keys().map(|key| key.get_ref().to_string()).filter(|name| tagged(name)).collect();
        let mut texts = Vec::new();
        for name in names {
            let Some(value) = self.entries.remove(name.as_str()) else { continue };
            if let Some(text) = self.as_text(reading, &name, &value) {
                texts.push((name, text));
            }
        }
        texts
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, reading: &mut Reading, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.unfit(reading, key, &value, "true or false");
        }
        flag
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(
        &mut self,
        reading: &mut Reading,
        key: &'static str,
        least: usize,
        most: usize,
    ) -> Option<usize> {
        let value = self.take(key)?;
        let number = whole(value.get_ref()).and_then(|n| usize::try_from(n).ok());
        let number = number.filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.unfit(reading, key, &value, &format!("a whole number from {least} to {most}"));
        }
        number
    }

    /// A duration in seconds, and its line.
    pub(super) fn duration(&mut self, reading: &mut Reading, key: &'static str) -> Option<(i64, usize)> {
        let value = self.take(key)?;
        let line = reading.line(value.span().start);
        let seconds = match value.get_ref() {
            DeValue::String(_) => duration::parse(&self.as_text(reading, key, &value)?.value),
            other => whole(other).and_then(duration::within),
        };
        if seconds.is_none() {
            self.wrong(reading, line, key, &format!("is not a duration: {}", duration::HINT));
        }
        Some((seconds?, line))
    }

    /// A table below this one.
    pub(super) fn table(&mut self, reading: &mut Reading, key: &'static str) -> Option<Table<'a>> {
        let value = self.take(key)?;
        let line = reading.line(value.span().start);
        match value.into_inner() {
            DeValue::Table(entries) => Some(Table { name: format!("[{key}]"), line, entries, asked: vec![] }),
            _ => {
                self.wrong(reading, line, key, &format!("must be a table: begin it with [{key}]"));
                None
            }
        }
    }

    /// The tables of a list of tables.
    pub(super) fn tables(&mut self, reading: &mut Reading, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.take(key) else { return vec![] };
        let line = reading.line(value.span().start);
        let DeValue::Array(list) = value.into_inner() else {
            self.wrong(reading, line, key, &format!("must be a list of tables: begin each with [[{key}]]"));
            return vec![];
        };
        let mut tables = Vec::new();
        for item in list {
            let line = reading.line(item.span().start);
            match item.into_inner() {
                DeValue::Table(entries) => {
                    tables.push(Table { name: format!("[[{key}]]"), line, entries, asked: vec![] });
                }
                _ => self.wrong(
                    reading,
                    line,
                    key,
                    &format!("must be a list of tables: begin each with [[{key}]]"),
                ),
            }
        }
        tables
    }

    /// Everything in this table as JSON.
    pub(super) fn json(self, reading: &mut Reading) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, value) in &self.entries {
            let key = key.get_ref().as_ref();
            if let Some(value) = self.as_json(reading, key, value) {
                map.insert(key.to_owned(), value);
            }
        }
        map
    }

    /// Whether a key stands in the table. It counts as asked for.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.ask(key);
        self.entries.contains_key(key)
    }

    /// The line of a key's value.
    pub(super) fn line_of(&self, reading: &Reading, key: &str) -> Option<usize> {
        self.entries.get(key).map(|value| reading.line(value.span().start))
    }

    /// Refuses the keys that nobody has asked for.
    pub(super) fn finish(self, reading: &mut Reading) {
        for key in self.entries.keys() {
            let line = reading.line(key.span().start);
            let hint = match nearest(key.get_ref(), &self.asked) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here are {}", self.asked.join(", ")),
            };
            reading.wrong(
                line,
                format!("{}`{}` is not a key: {hint}", self.place(), key.get_ref().escape_debug()),
            );
        }
    }

    /// Notes a mistake in the value of a key.
    pub(super) fn wrong(&self, reading: &mut Reading, line: usize, key: &str, what: &str) {
        reading.wrong(line, format!("{}`{key}` {what}", self.place()));
    }

    fn ask(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    fn place(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{} ", self.name) }
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.ask(key);
        self.entries.remove(key)
    }

    fn as_text(&self, reading: &mut Reading, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Text> {
        let Some(written) = value.get_ref().as_str() else {
            self.unfit(reading, key, value, "text in quotes");
            return None;
        };
        let line = reading.line(value.span().start);
        match interpolate(written, |name| std::env::var(name).ok()) {
            Ok(text) => Some(Text { value: text, written: written.to_owned(), line }),
            Err(why) => {
                self.wrong(reading, line, key, &format!("cannot be read: {why}"));
                None
            }
        }
    }

    fn as_json(&self, reading: &mut Reading, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match value.get_ref() {
            DeValue::String(_) => Some(Value::String(self.as_text(reading, key, value)?.value)),
            DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
            DeValue::Integer(_) => match whole(value.get_ref()) {
                Some(number) => Some(Value::Number(number.into())),
                None => {
                    self.unfit(reading, key, value, "a number of at most 64 bits");
                    None
                }
            },
            DeValue::Float(float) => {
                let number = float.as_str().parse().ok().and_then(Number::from_f64);
                if number.is_none() {
                    self.unfit(reading, key, value, "a number that JSON knows");
                }
                number.map(Value::Number)
            }
            DeValue::Datetime(when) => Some(Value::String(when.to_string())),
            DeValue::Array(list) => {
                Some(Value::Array(list.iter().filter_map(|item| self.as_json(reading, key, item)).collect()))
            }
            DeValue::Table(table) => {
                let entry = |(name, value): (&Spanned<_>, &_)| {
                    let name: &std::borrow::Cow<'_, str> = name.get_ref();
                    Some((name.to_string(), self.as_json(reading, name, value)?))
                };
                Some(Value::Object(table.iter().filter_map(entry).collect()))
            }
        }
    }

    fn unfit(&self, reading: &mut Reading, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let line = reading.line(value.span().start);
        self.wrong(reading, line, key, &format!("must be {expected}, not {}", kind(value.get_ref())));
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "this number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
