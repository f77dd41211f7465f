//! Log lines, on standard error.

use std::io::IsTerminal as _;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// PostgreSQL's driver would write at `debug` what it sends: digests, hashes of passwords, keys.
const SILENT: [&str; 2] = ["tokio_postgres=off", "tokio_postgres::query=off"];
/// As much of a path as a line holds: ours are shorter.
const LONGEST_PATH: usize = 200;

/// Starts logging. `HALLPASS_LOG` chooses the lines; without it, and where it makes no sense, `info`.
pub(crate) fn start(format: LogFormat) {
    let filter = match std::env::var("HALLPASS_LOG") {
        Ok(directives) => EnvFilter::try_new(&directives).unwrap_or_else(|e| {
            eprintln!("hallpass: HALLPASS_LOG={directives:?} is not a log filter ({e}); using info");
            EnvFilter::new("info")
        }),
        Err(_) => EnvFilter::new("info"),
    };
    let silent = SILENT.iter().filter_map(|directive| directive.parse().ok());
    let filter = silent.fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => builder.compact().init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// One line for every request to a program that does not write its own: never a query, a header or a body.
pub(crate) async fn one_line(State(program): State<&'static str>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(LONGEST_PATH).collect();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(target: "hallpass::request", program, %method, path, status, micros);
    response
}
