//! The measurements of `cargo xtask bench`. One program in several parts, each a process of its own, so that the
//! server has one core to itself and the load has another:
//!
//! - `run` starts the others, pins them, reads the processor time that the server took, and prints the tables;
//! - `serve` is Hallpass over an engine; `bare` are the servers that it is measured against; `api` is a protected API;
//! - `load` sends requests over keep-alive connections, and says how many were answered how fast.

mod api;
mod bare;
mod growth;
mod load;
mod measure;
mod process;
mod recording;
mod run;
mod serve;
mod standing;
mod world;

use std::process::ExitCode;

const HELP: &str = "hallpass-bench run [--seconds N] [--only NAME]… [--long] | serve ENGINE | bare sign|replay FILE | \
                    api PORT | load SCENARIO PORT SECONDS CONNECTIONS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", options @ ..] => run::run(options),
        ["serve", engine] => block_on(serve::serve(engine)),
        ["bare", "sign"] => block_on(bare::sign()),
        ["bare", "replay", file] => block_on(bare::replay(file)),
        ["api", issuer] => block_on(api::serve(issuer)),
        ["load", scenario, port, seconds, connections] => {
            block_on(load::load(scenario, port, seconds, connections))
        }
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("hallpass-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What a part comes to.
pub(crate) type Done = Result<(), String>;

/// Runs a part with as many threads as it may have cores, as the program itself does.
fn block_on(part: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| format!("the runtime cannot be started: {e}"))?.block_on(part)
}

/// The words of an error.
pub(crate) fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
