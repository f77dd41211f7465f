//! Why a step failed, before it becomes a [`Fault`], and whether it may be taken again.

use std::error::Error as _;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::Error;

use hallpass_server::fault::Fault;

/// What a step returns when it breaks.
#[derive(Debug)]
pub(super) enum Failure {
    /// PostgreSQL refused, or went away.
    Postgres(Error),
    /// The step itself did.
    Fault(Fault),
}

/// What it means to take a step twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// The same as once: it may be taken again after an answer that was lost.
    Harmless,
    /// Something else: only what was certainly undone may be taken again.
    Harmful,
}

impl Failure {
    /// Whether the step may be taken again.
    pub(super) fn may_go_again(&self, twice: Twice) -> bool {
        match self {
            Self::Fault(_) => false,
            Self::Postgres(error) => was_undone(error) || (twice == Twice::Harmless && is_lost(error)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => fault,
            Failure::Postgres(error) => fault(&error),
        }
    }
}

/// serialization_failure and deadlock_detected: the server has undone the transaction, and says so.
fn was_undone(error: &Error) -> bool {
    matches!(code(error), Some("40001" | "40P01"))
}

/// The connection is gone, and with it the knowledge of what became of the step.
fn is_lost(error: &Error) -> bool {
    // 08: connection exceptions; 57P01 to 57P03: the server shuts down, crashed, or starts.
    let by_server = code(error).is_some_and(|code| code.starts_with("08") || code.starts_with("57P0"));
    by_server || error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>())
}

fn code(error: &Error) -> Option<&str> {
    error.code().map(|state| state.code())
}

/// What an error of PostgreSQL is to the server.
fn fault(error: &Error) -> Fault {
    match code(error) {
        // Undone more often than we try; too many connections; a limit on waiting.
        Some("40001" | "40P01" | "53300" | "55P03" | "57014") => Fault::StoreBusy,
        _ => Fault::Store(format!("PostgreSQL: {}", told(error))),
    }
}

/// An error in one line, without the details that may hold what was to be recorded.
pub(super) fn told(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(refused), _) => format!("{} ({})", refused.message(), refused.code().code()),
        (None, Some(source)) => format!("{error}: {source}").replace('\n', " "),
        (None, None) => error.to_string(),
    }
}

/// Why there is no connection.
pub(super) fn no_connection(error: PoolError) -> Fault {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => Fault::StoreBusy,
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
            Fault::Store("PostgreSQL does not answer".to_owned())
        }
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => fault(&error),
        PoolError::Closed => Fault::Store("the store is closed".to_owned()),
        other @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            Fault::Store(format!("PostgreSQL: {other}"))
        }
    }
}
