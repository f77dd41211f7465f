//! The thread that writes: many steps, one commit.
//!
//! Each step runs in a savepoint, so one that fails takes nobody along. Where SQLite gives up the whole transaction
//! in the middle (a full disk does that), the neighbours of the step that hit it are run again without it. A commit
//! that fails fails every step in it: no step is answered with success before its commit has returned.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot::Sender;

use hallpass_server::fault::Fault;

use super::failure::{Failure, fault};
use super::queue::Queue;

/// One step, with its answer to send.
pub(super) type Job = Box<dyn Step>;

/// A step of the store that the writer takes.
pub(super) trait Step: Send {
    /// Runs it, and keeps its result. Whether it worked.
    fn run(&mut self, db: &Connection) -> bool;

    /// Answers with the result; with a fault in the place of success, when the commit failed.
    fn answer(self: Box<Self>, commit: Result<(), Fault>);
}

/// Makes a step into a job.
pub(super) fn job<T, F>(step: F, answer: Sender<Result<T, Fault>>) -> Job
where
    T: Send + 'static,
    F: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
{
    Box::new(Waiting { step, result: None, answer })
}

struct Waiting<T, F> {
    step: F,
    result: Option<Result<T, Fault>>,
    answer: Sender<Result<T, Fault>>,
}

impl<T, F> Step for Waiting<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        let ran = catch_unwind(AssertUnwindSafe(|| (self.step)(db)));
        let result = ran.unwrap_or(Err(Failure::Fault(Fault::Task("a step of the store panicked"))));
        self.result.insert(result.map_err(Fault::from)).is_ok()
    }

    fn answer(self: Box<Self>, commit: Result<(), Fault>) {
        let result = match (self.result, commit) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(fault)) => Err(fault),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(Fault::Task("a step of the store was not run")),
        };
        // Whoever asked may have gone meanwhile; the step was taken all the same.
        let _ = self.answer.send(result);
    }
}

/// Takes steps until the queue is closed and empty, at most `limit` in one transaction.
pub(super) fn run(db: &Connection, jobs: &Queue<Job>, limit: usize) {
    loop {
        let mut batch = jobs.take(limit);
        if batch.is_empty() {
            return;
        }
        while !batch.is_empty() {
            batch = commit(db, batch);
        }
    }
}

/// Runs a batch in one transaction and answers. What comes back was undone by no fault of its own, and is to be run
/// again: always fewer steps than before.
fn commit(db: &Connection, batch: Vec<Job>) -> Vec<Job> {
    if let Err(error) = execute(db, "BEGIN IMMEDIATE") {
        answer_all(batch, &error);
        return Vec::new();
    }
    let mut done = Vec::with_capacity(batch.len());
    let mut batch = batch.into_iter();
    while let Some(mut job) = batch.next() {
        match in_savepoint(db, &mut job) {
            Ok(true) => done.push(job),
            Ok(false) => job.answer(Ok(())),
            Err(TransactionLost) => {
                job.answer(Err(Fault::Store("SQLite gave up a transaction".to_owned())));
                roll_back(db);
                done.extend(batch);
                return done;
            }
        }
    }
    match execute(db, "COMMIT") {
        Ok(()) => done.into_iter().for_each(|job| job.answer(Ok(()))),
        Err(error) => {
            roll_back(db);
            answer_all(done, &error);
        }
    }
    Vec::new()
}

struct TransactionLost;

/// Whether the step worked; where it did not, it left nothing behind.
fn in_savepoint(db: &Connection, job: &mut Job) -> Result<bool, TransactionLost> {
    execute(db, "SAVEPOINT step").map_err(|_| TransactionLost)?;
    let worked = job.run(db);
    if !worked {
        execute(db, "ROLLBACK TO step").map_err(|_| TransactionLost)?;
    }
    execute(db, "RELEASE step").map_err(|_| TransactionLost)?;
    Ok(worked)
}

fn answer_all(jobs: Vec<Job>, error: &rusqlite::Error) {
    tracing::error!(%error, steps = jobs.len(), "a transaction failed");
    for job in jobs {
        job.answer(Err(fault(error)));
    }
}

fn roll_back(db: &Connection) {
    if !db.is_autocommit()
        && let Err(error) = execute(db, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn execute(db: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::{Receiver, channel};

    use super::*;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = ON;
            CREATE TABLE a (x INTEGER PRIMARY KEY);
            CREATE TABLE b (x INTEGER REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
        db
    }

    type Answer = Receiver<Result<usize, Fault>>;

    fn step<F>(step: F) -> (Job, Answer)
    where
        F: FnMut(&Connection) -> Result<usize, Failure> + Send + 'static,
    {
        let (answer, answered) = channel();
        (job(step, answer), answered)
    }

    fn insert(x: i64) -> (Job, Answer) {
        step(move |db| Ok(db.execute("INSERT INTO a (x) VALUES (?1)", [x])?))
    }

    /// Runs the steps in one batch; whether each was answered with success, and what the table holds.
    fn run_batch(db: &Connection, steps: Vec<(Job, Answer)>) -> (Vec<bool>, Vec<i64>) {
        let (batch, answers): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        let jobs = Queue::new(batch.len());
        for job in batch {
            jobs.push(job).unwrap();
        }
        jobs.close();
        run(db, &jobs, 100);
        let answers = answers.into_iter().map(|mut a| a.try_recv().expect("an answer").is_ok()).collect();
        let mut rows = db.prepare("SELECT x FROM a ORDER BY x").unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        (answers, rows)
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_and_takes_nobody_along() {
        let half = step(|db| {
            db.execute("INSERT INTO a (x) VALUES (20)", [])?;
            Ok(db.execute("INSERT INTO a (x) VALUES (1)", [])?)
        });

        let told = run_batch(&database(), vec![insert(1), half, insert(3)]);

        assert_eq!(told, (vec![true, false, true], vec![1, 3]));
    }

    #[test]
    fn a_step_that_panics_is_a_fault_of_its_own() {
        let told = run_batch(&database(), vec![insert(1), step(|_| panic!("a bug")), insert(3)]);

        assert_eq!(told, (vec![true, false, true], vec![1, 3]));
    }

    #[test]
    fn where_the_transaction_is_lost_the_neighbours_run_again() {
        let full_disk = step(|db| {
            db.execute_batch("ROLLBACK")?;
            Err(Fault::Store("the disk is full".to_owned()).into())
        });

        let told = run_batch(&database(), vec![insert(1), full_disk, insert(3)]);

        assert_eq!(told, (vec![true, false, true], vec![1, 3]));
    }

    #[test]
    fn a_commit_that_fails_fails_every_step_in_it() {
        let db = database();
        let violation = step(|db| Ok(db.execute("INSERT INTO b (x) VALUES (99)", [])?));

        let told = run_batch(&db, vec![insert(1), violation, insert(3)]);

        assert_eq!(told, (vec![false, false, false], vec![]));
        assert_eq!(run_batch(&db, vec![insert(4)]), (vec![true], vec![4]));
    }
}
