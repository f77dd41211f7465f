//! Log lines, on standard error.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Starts logging. `HALLPASS_LOG` chooses the lines; without it, and where it makes no sense, `info`.
pub(crate) fn start(format: LogFormat) {
    let filter = match std::env::var("HALLPASS_LOG") {
        Ok(directives) => EnvFilter::try_new(&directives).unwrap_or_else(|e| {
            eprintln!("hallpass: HALLPASS_LOG={directives:?} is not a log filter ({e}); using info");
            EnvFilter::new("info")
        }),
        Err(_) => EnvFilter::new("info"),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.compact().init(),
        LogFormat::Json => builder.json().init(),
    }
}
