//! Opening the file: who may read it, and what keeps what was answered through a loss of power.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate;

/// Limits of the engine.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads read.
    pub readers: usize,
    /// How many steps may wait for the writer, and look-ups for the readers, before more are
    /// [`Fault::StoreBusy`](hallpass_server::fault::Fault::StoreBusy).
    pub queue: usize,
    /// How many steps at most share one commit.
    pub batch: usize,
    /// How long a step waits for another process that writes, before it is
    /// [`Fault::StoreBusy`](hallpass_server::fault::Fault::StoreBusy).
    pub patience: Duration,
    /// How many pages of 4096 bytes the file may have; none but those of SQLite if absent.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { readers: cores.clamp(2, 8), queue: 4096, batch: 256, patience: PATIENCE, max_pages: None }
    }
}

/// Why the database cannot be opened. Each prints as one line that names the file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory of the file is not there and cannot be made.
    #[error("cannot create the directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be created, or a thread for it cannot be started.
    #[error("cannot open the database {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file may be read but not written.
    #[error("cannot write to the database {}", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("{} is not a database of Hallpass", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A later release wrote it.
    #[error("the database {} has version {found}, this program knows up to {known}: run a later release", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It was made by a migration that is not the one of this program.
    #[error("the database {} was made by another migration {version} than this program's", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Which migration.
        version: u32,
    },
    /// SQLite refused.
    #[error("cannot open the database {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// The connection that writes, with the tables of this release.
pub(super) fn writer(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(|e| refused(path, e))?;
    settle(&db, options).map_err(|e| refused(path, e))?;
    if db.is_readonly("main").map_err(|e| refused(path, e))? {
        return Err(OpenError::ReadOnly { path: path.to_owned() });
    }
    migrate::run(&mut db, migrate::MIGRATIONS, path)?;
    Ok(db)
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(PATIENCE)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.pragma_update(None, "trusted_schema", false)?;
        Ok(db)
    };
    open().map_err(|e| refused(path, e))
}

/// Long enough for the batch of another process, short enough for whoever waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than there are statements here.
const STATEMENTS: usize = 64;

fn settle(db: &Connection, options: &Options) -> rusqlite::Result<()> {
    db.busy_timeout(options.patience)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // WAL with NORMAL may lose the last commits with the power; what was answered must stay.
    db.pragma_update(None, "synchronous", "full")?;
    // Commits that share their pages are copied into the file together: fewer and bigger checkpoints than by default.
    db.pragma_update_and_check(None, "wal_autocheckpoint", 8_000, |_| Ok(()))?;
    db.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    // On Apple's systems fsync alone does not reach the disk; elsewhere these two mean nothing.
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "checkpoint_fullfsync", true)?;
    if let Some(pages) = options.max_pages {
        db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(())
}

/// Makes the directory (0700) and the file (0600) where they are not there. SQLite gives the files beside it the
/// same mode.
fn create(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !directory.is_dir() {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .recursive(true)
            .create(directory)
            .map_err(|source| OpenError::Directory { path: directory.to_owned(), source })?;
    }
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path).and_then(|_| sync_directory(directory)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(OpenError::File { path: path.to_owned(), source }),
    }
}

/// The name of a new file is on the disk only when its directory is.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn refused(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path },
        _ => OpenError::Sqlite { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that was answered may be lost with the power: this is what that rests on.
    #[test]
    fn the_writer_waits_for_the_disk() {
        let directory = std::env::temp_dir().join(format!("hallpass-open-{}", std::process::id()));
        let db = writer(&directory.join("hallpass.db"), &Options::default()).unwrap();
        let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();

        let journal: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(journal, "wal");
        assert_eq!(pragma("synchronous"), 2, "FULL");
        assert_eq!((pragma("foreign_keys"), pragma("fullfsync")), (1, 1));

        drop(db);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
