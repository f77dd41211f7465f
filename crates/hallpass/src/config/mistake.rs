//! What is wrong with a configuration file, each with its line.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong, or worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Counted from one; zero is the file as a whole.
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// Everything that is wrong with a file.
#[derive(Debug)]
pub(crate) struct Mistakes {
    pub(crate) file: PathBuf,
    pub(crate) list: Vec<Mistake>,
}

impl Mistakes {
    /// One line for each mistake: `hallpass.toml:12: what is wrong: what to do`.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|mistake| mistake.at(&self.file.display().to_string()))
    }
}

impl Mistake {
    /// The mistake with its place in a file.
    pub(crate) fn at(&self, file: &str) -> String {
        match self.line {
            0 => format!("{file}: {}", self.what),
            line => format!("{file}:{line}: {}", self.what),
        }
    }
}

/// One line, for a program that cannot start: the first mistake, and how to see the others.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.lines().next() {
            Some(first) => f.write_str(&first)?,
            None => write!(f, "{file} cannot be used")?,
        }
        match self.list.len() {
            0 | 1 => Ok(()),
            n => write!(f, " (and {} more: hallpass config check --config {file} lists them)", n - 1),
        }
    }
}

impl std::error::Error for Mistakes {}
