//! The SQLite engine: one file, WAL, `synchronous=FULL`.
//!
//! One thread writes (`writer.rs`): it takes what waits in a bounded queue, runs each step in a savepoint, and commits
//! many in one transaction; a step is answered after the commit. A few threads read (`reader.rs`), each on its own
//! connection. What does not fit into a queue is [`Fault::StoreBusy`] at once instead of late.

mod clients;
mod codes;
mod column;
mod consents;
mod devices;
mod failure;
mod grants;
mod keys;
mod logout;
mod migrate;
mod open;
#[cfg(test)]
mod plans;
mod queue;
mod reader;
mod refresh;
mod registrations;
mod replay;
mod sessions;
mod sweep;
mod users;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use hallpass_proto::env::Time;
use hallpass_server::fault::Fault;
use hallpass_server::store::{Answer, Store};

use failure::Failure;
pub use open::{OpenError, Options};
use queue::Queue;

/// A store in one SQLite file.
pub struct SqliteStore {
    writing: Arc<Queue<writer::Job>>,
    reading: Arc<Queue<reader::Job>>,
    /// The readers, and then the writer: the last to close tidies the file up, and only the writer can.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl SqliteStore {
    /// Opens the database in the file at `path`, and creates it, with its directory, where there is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, Options::default())
    }

    /// Opens it with other limits than the usual ones.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let write = open::writer(path, &options)?;
        let (writing, reading) = (Arc::new(Queue::new(options.queue)), Arc::new(Queue::new(options.queue)));
        let store = Self { writing, reading, threads: Mutex::default() };
        for _ in 0..options.readers.max(1) {
            let (read, jobs) = (open::reader(path)?, store.reading.clone());
            store.spawn(path, "sqlite reader", move || reader::run(&read, &jobs))?;
        }
        let jobs = store.writing.clone();
        store.spawn(path, "sqlite writer", move || writer::run(&write, &jobs, options.batch.max(1)))?;
        tracing::debug!(path = %path.display(), "the database is open");
        Ok(store)
    }

    /// Does what is still waiting, and closes the file. Later steps are faults. Blocks until that is done; dropping
    /// the store does the same.
    pub fn close(&self) {
        self.reading.close();
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let writer = threads.pop();
        threads.into_iter().for_each(join);
        // Only now, or else a reader might be the last, and leave the write-ahead log beside the file.
        self.writing.close();
        writer.into_iter().for_each(join);
    }

    fn spawn(&self, path: &Path, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Has the writer take one step, alone or together with others, and waits for the commit. `step` may run more
    /// than once; all but the last are undone.
    fn write<T, F>(&self, step: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.writing.push(writer::job(step, answer))?;
            answered.await.unwrap_or(Err(Fault::Task("a step of the store")))
        })
    }

    /// Has a reader look something up in the last state that was committed.
    fn read<T, F>(&self, look: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.reading.push(reader::job(look, answer))?;
            answered.await.unwrap_or(Err(Fault::Task("a look-up in the store")))
        })
    }
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a thread of the store ended badly");
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SqliteStore {
    fn sweep(&self, limit: usize, now: Time) -> Answer<'_, usize> {
        self.write(move |db| sweep::sweep(db, limit, now))
    }

    /// Writes a row and reads it back: a full disk and a lost file both show.
    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.write(|db| Ok(db.prepare_cached(BEAT)?.execute([])?)).await?;
            self.read(|db| Ok(db.prepare_cached(BEATS)?.query_row([], |row| row.get::<_, i64>(0))?)).await?;
            Ok(())
        })
    }
}

const BEAT: &str = "UPDATE heartbeat SET beats = beats + 1";
const BEATS: &str = "SELECT beats FROM heartbeat";

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
