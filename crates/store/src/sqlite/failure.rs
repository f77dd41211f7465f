//! Why a step failed, before it becomes a [`Fault`].

use rusqlite::{Error, ErrorCode};

use hallpass_server::fault::Fault;

/// What a step returns when it breaks.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite refused.
    Sqlite(Error),
    /// The step itself did.
    Fault(Fault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
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
            Failure::Sqlite(error) => fault(&error),
        }
    }
}

/// What an error of SQLite is to the server.
pub(super) fn fault(error: &Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::StoreBusy,
        _ => Fault::Store(format!("SQLite: {error}")),
    }
}
