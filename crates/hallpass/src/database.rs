//! The database that the program works with: a SQLite file, or a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use hallpass_proto::secret::Secret;
use hallpass_server::store::Store;
use hallpass_store::postgres::{self, PostgresStore};
use hallpass_store::sqlite::{self, SqliteStore};

/// Where it is. Printed without a password.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server.
    Postgres(PostgresUrl),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => f.write_str(&url.shown),
        }
    }
}

/// `postgres://user:password@host:port/database`.
#[derive(Clone, Debug)]
pub(crate) struct PostgresUrl {
    whole: Secret,
    /// Without the password and without parameters, of which one may be a password.
    shown: String,
    /// Whether there is anything that [`Location`] does not print.
    pub(crate) has_password: bool,
}

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl PostgresUrl {
    /// Whether a text means to be one.
    pub(crate) fn is_meant(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// Reads a URL, or says what is wrong with it without repeating any of it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = SCHEMES.iter().find_map(|s| Some((s, text.strip_prefix(s)?))) else {
            return Err("must be a URL such as postgres://user@host/database".to_owned());
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (name, parameters) = path.split_once('?').unwrap_or((path, ""));
        // So that no part of a password is taken for a host or a name, which are printed.
        let strays = name.contains('@') || parameters.contains('@') || authority.matches('@').count() > 1;
        if strays || text.contains(|c: char| c == '#' || c.is_whitespace() || c.is_control()) {
            return Err(
                "has a character that a URL cannot hold there: in a user and a password, write @ as %40, / \
                        as %2F, ? as %3F, # as %23, a space as %20 and % as %25"
                    .to_owned(),
            );
        }
        let (user, host) = authority.split_once('@').unwrap_or(("", authority));
        let (user, password) = user.split_once(':').map_or((user, None), |(user, p)| (user, Some(p)));
        if host.is_empty() && !parameters.contains("host=") {
            return Err("names no host: postgres://user@host/database".to_owned());
        }
        PostgresStore::check(text).map_err(|why| format!("cannot be used: {why}"))?;
        let at = if user.is_empty() { "" } else { "@" };
        Ok(Self {
            whole: Secret::from(text),
            shown: format!("{scheme}{user}{at}{host}{name}"),
            has_password: password.is_some() || parameters.contains("password="),
        })
    }
}

/// Why a database cannot be opened: one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    #[error("there is no database {}: `hallpass serve` makes it at its first start", .0.display())]
    NoFile(PathBuf),
}

/// A database that is open.
pub(crate) enum Database {
    /// One node.
    Sqlite(Arc<SqliteStore>),
    /// Any number of nodes.
    Postgres(Arc<PostgresStore>),
}

impl Database {
    /// Opens it for a server, and makes what is missing.
    pub(crate) async fn open(location: &Location) -> Result<Self, OpenError> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(Arc::new(SqliteStore::open(path)?)),
            Location::Postgres(url) => {
                Self::Postgres(Arc::new(PostgresStore::open(url.whole.expose()).await?))
            }
        })
    }

    /// Opens one that is there, beside its server. A slip in its name must not pass for an empty database.
    pub(crate) async fn open_existing(location: &Location) -> Result<Self, OpenError> {
        Ok(match location {
            Location::Sqlite(path) if !path.is_file() => return Err(OpenError::NoFile(path.clone())),
            Location::Sqlite(path) => {
                let options = sqlite::Options { readers: 1, ..sqlite::Options::default() };
                Self::Sqlite(Arc::new(SqliteStore::open_with(path, options)?))
            }
            Location::Postgres(url) => {
                let options = postgres::Options { connections: 1, ..postgres::Options::default() };
                Self::Postgres(Arc::new(PostgresStore::open_existing(url.whole.expose(), options).await?))
            }
        })
    }

    /// What is in it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => store.clone(),
            Self::Postgres(store) => store.clone(),
        }
    }

    /// Writes what is left and closes it.
    pub(crate) async fn close(self) {
        match self {
            // Joins the engine's threads, which blocks.
            Self::Sqlite(store) => drop(tokio::task::spawn_blocking(move || store.close()).await),
            Self::Postgres(store) => store.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown, has_password) in [
            ("postgres://db.example/hallpass", "postgres://db.example/hallpass", false),
            ("postgres://ada@db.example/hallpass", "postgres://ada@db.example/hallpass", false),
            ("postgresql://ada:s3cret@db:5433/x", "postgresql://ada@db:5433/x", true),
            ("postgres://ada:s3:cret%40@a:1,b:2/x?sslmode=disable", "postgres://ada@a:1,b:2/x", true),
            ("postgres://ada@db/x?password=s3cret", "postgres://ada@db/x", true),
            ("postgres://ada@%2Frun%2Fpostgresql/x", "postgres://ada@%2Frun%2Fpostgresql/x", false),
            ("postgres:///x?host=/run/postgresql&user=ada", "postgres:///x", false),
        ] {
            let read = PostgresUrl::parse(url).expect(url);
            assert_eq!((read.shown.as_str(), read.has_password), (shown, has_password), "{url}");
            assert_eq!(read.whole.expose(), url);
        }
    }

    #[test]
    fn what_is_no_url_is_told_without_its_secrets() {
        for (url, why) in [
            ("mysql://ada:s3cret@db/x", "must be a URL such as postgres://"),
            ("postgres://ada:s3cret@part@db/x", "write @ as %40"),
            ("postgres://ada:12/s3cret@db/x", "write @ as %40"),
            ("postgres://ada:12?s3cret@db/x", "write @ as %40"),
            ("postgres://ada:12#s3cret@db/x", "write @ as %40"),
            ("postgres://ada:s3 cret@db/x", "write @ as %40"),
            ("postgres://ada:s3cret@/x", "names no host"),
            ("postgres://ada:s3cret@db:port/x", "cannot be used: this is not the URL of"),
            (
                "postgres://ada:s3cret@db/x?sslmode=require",
                "asks for TLS (sslmode=require), which this engine",
            ),
            ("postgres://ada:s3cret@db/x?sslmode=verify-full", "cannot be used: "),
        ] {
            let error = PostgresUrl::parse(url).expect_err(url);
            assert!(error.contains(why) && !error.contains("cret"), "{url}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
