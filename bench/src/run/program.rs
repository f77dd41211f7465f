//! What the program itself takes: `hallpass serve` from its start to the first token, and its memory.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hallpass_proto::env::Env;
use hallpass_store::sqlite::SqliteStore;

use super::Options;
use super::table::Table;
use crate::measure::Method;
use crate::process::{Folder, OF_SERVER, Process, pinned, this};
use crate::{load, told, world};

/// How many starts are tried; the median counts.
const STARTS: usize = 9;
/// Nobody waits longer for a start.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many people are signed in while the memory is measured.
const SESSIONS: usize = 100_000;

/// From the start of the process to the first token that a client holds, with a database that is there.
pub(super) fn start(_: &Options) -> Result<Table, String> {
    let folder = Folder::new("start")?;
    let port = configure(&folder)?;
    drop(first_token(&folder, port)?);
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let (server, time) = first_token(&folder, port)?;
        drop(server);
        taken.push(time.as_secs_f64() * 1e3);
    }
    taken.sort_by(f64::total_cmp);
    let mut table = Table::new();
    table.at_most("start to first token, median", taken[STARTS / 2], 100.0, "ms");
    Ok(table)
}

/// Resident memory, idle and after a load with many people signed in.
pub(super) fn memory(options: &Options) -> Result<Table, String> {
    let folder = Folder::new("memory")?;
    let port = configure(&folder)?;
    let mut table = Table::new();
    {
        let (server, _) = first_token(&folder, port)?;
        std::thread::sleep(Duration::from_secs(1));
        table.at_most("resident, idle", server.resident()?, 20.0, "MB");
    }
    let runtime = tokio::runtime::Runtime::new().map_err(told)?;
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(folder.file("hallpass.db")).map_err(told)?);
        world::seed(store.clone(), &Env::system(), SESSIONS).await?;
        store.close();
        Ok::<_, String>(())
    })?;
    let (server, _) = first_token(&folder, port)?;
    let seconds = if options.long { 30.0 } else { options.method.seconds };
    let method = Method { seconds, ..options.method };
    for scenario in ["journey", "client-credentials"] {
        let measured = method.measure_cold(&server, scenario)?;
        table.measured(&format!("hallpass serve, {SESSIONS} sessions: {scenario}"), &measured);
    }
    table.at_most("resident, after it", server.resident()?, 100.0, "MB");
    Ok(table)
}

/// A configuration file for the program on a free port.
fn configure(folder: &Folder) -> Result<u16, String> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(told)?.port();
    let text = format!(
        "issuer = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndatabase = \"hallpass.db\"\n\n\
         [[client]]\nclient_id = \"{}\"\nclient_secret = \"{}\"\ngrant_types = [\"client_credentials\"]\nscope = \
         \"items:read\"\naudience = [\"{}\"]\n",
        world::SERVICE,
        world::SECRET,
        world::AUDIENCE
    );
    std::fs::write(folder.file("hallpass.toml"), text).map_err(told)?;
    Ok(port)
}

/// Starts the program, and asks until there is a token.
fn first_token(folder: &Folder, port: u16) -> Result<(Process, Duration), String> {
    let program =
        this()?.parent().map(|beside| beside.join("hallpass")).unwrap_or_else(|| PathBuf::from("hallpass"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(told)?;
    let begun = Instant::now();
    let child = pinned(OF_SERVER, &program)
        .args(["serve", "--config", &folder.file("hallpass.toml")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))?;
    let server = Process::of(child, port);
    while runtime.block_on(load::tokens(port, 1)).is_err() {
        if begun.elapsed() > PATIENCE {
            return Err("hallpass serve does not start".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok((server, begun.elapsed()))
}
