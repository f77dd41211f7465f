//! `database`: the path of a SQLite file, or the URL of a PostgreSQL database; `database_file` holds such a URL.

use std::path::Path;

use super::document::{Reading, Table, Text};
use super::interpolate::interpolate;
use super::secret::secret;
use crate::database::{Location, PostgresUrl};

const BOTH: &str = "the path of a SQLite file, such as \"hallpass.db\", or the URL of a PostgreSQL database, such as \
                    \"postgres://hallpass:${PGPASSWORD}@localhost/hallpass\"";

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>) -> Option<Location> {
    match (table.has("database"), table.has("database_file")) {
        (false, false) => {
            reading.wrong(table.line, format!("`database` is missing: {BOTH}"));
            None
        }
        (true, false) => {
            let text = table.text(reading, "database")?;
            named(reading, table, &text)
        }
        (_, true) => {
            let held = secret(table, reading, "database", "database_file")?;
            match PostgresUrl::parse(held.value.expose()) {
                Ok(url) => Some(Location::Postgres(url)),
                Err(why) => {
                    table.wrong(reading, held.line, "database_file", &format!("holds what {why}"));
                    None
                }
            }
        }
    }
}

fn named(reading: &mut Reading, table: &Table<'_>, text: &Text) -> Option<Location> {
    if !PostgresUrl::is_meant(&text.value) {
        if text.value.is_empty() || text.value.contains("://") {
            table.wrong(reading, text.line, "database", &format!("must be {BOTH}"));
            return None;
        }
        return Some(Location::Sqlite(reading.path(text)));
    }
    match PostgresUrl::parse(&text.value) {
        Ok(url) => {
            if url.has_password && !text.written.contains("${") {
                let why = "`database` has a password that stands in the file as it is: \"${NAME}\" takes it from the environment, `database_file` the URL from a file";
                reading.note(text.line, why);
            }
            Some(Location::Postgres(url))
        }
        Err(why) => {
            table.wrong(reading, text.line, "database", &why);
            None
        }
    }
}

/// The database of a command line: `${NAME}` keeps a password out of it, which every program of the machine can read.
pub(crate) fn of_argument(argument: &Path) -> Result<Location, String> {
    let Some(text) = argument.to_str().filter(|text| text.contains("://")) else {
        return Ok(Location::Sqlite(argument.to_owned()));
    };
    let told = |why: String| format!("--database {why}");
    let text = interpolate(text, |name| std::env::var(name).ok())
        .map_err(|why| told(format!("cannot be read: {why}")))?;
    PostgresUrl::parse(&text).map(Location::Postgres).map_err(told)
}
