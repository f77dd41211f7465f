//! The tests that want PostgreSQL: `crates/store/tests/postgres`, `crates/hallpass/tests/serve_postgres`.

use std::path::Path;

use super::tests::{POSTGRES, counted};
use crate::postgres::Server;
use crate::stage::{Outcome, Setting};

/// Starts a server, and tells the tests where it is.
pub(super) fn postgres(setting: &Setting, log: &Path) -> Result<Outcome, String> {
    let server = Server::start(setting, "postgres", log)?;
    let mut cargo = setting.cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    for test in POSTGRES {
        cargo.args(["--test", test]);
    }
    cargo.env("HALLPASS_POSTGRES_URL", server.url());
    let outcome = counted(&mut cargo, setting, log)?;
    server.stop()?;
    Ok(outcome)
}
