//! `cargo xtask bench`: builds for release, starts PostgreSQL on the core of the load, and lets `bench/` measure.

use std::process::Command;

use crate::options::{Bench, Installs};
use crate::postgres::Server;
use crate::prepare;
use crate::stage::{Need, Outcome, Setting, Stage};
use crate::workspace::Workspace;

/// What it needs, in the words of a stage.
const NEEDS: Stage = Stage {
    name: "bench",
    what: "what everything costs",
    needs: &[Need::Postgres],
    run: |_, _| Ok(Outcome::NotChecked("this is `cargo xtask bench`".to_owned())),
};
/// The core that `bench/` leaves to everything but the server it measures.
const CORE_OF_LOAD: &str = "1";

/// Runs it. What could not be measured is an error, a ratio that is not reached is not: the tables say so.
pub(crate) fn bench(options: &Bench) -> Result<(), String> {
    let workspace = Workspace::read()?;
    let logs = workspace.target.join("xtask");
    std::fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
    let needs: Vec<&Stage> = if options.measures("postgres") { vec![&NEEDS] } else { vec![] };
    let tools = prepare::prepare(&workspace, &logs, &needs, Installs::Allowed)?;
    let setting = Setting { workspace, tools, logs, network: Installs::Allowed };

    let mut build =
        setting.cargo(&["build", "--release", "--package", "hallpass", "--package", "hallpass-bench"]);
    succeed(&mut build)?;
    let program = setting.workspace.target.join("release/hallpass-bench");
    let mut run = setting.command(&program);
    run.arg("run").args(&options.arguments);
    let server = match setting.tools.missing(Need::Postgres) {
        None if options.measures("postgres") => {
            let server = Server::start(&setting, "bench", &setting.log("bench"))?;
            let pid = server.pid().to_string();
            succeed(
                Command::new("taskset").args(["-cp", CORE_OF_LOAD, &pid]).stdout(std::process::Stdio::null()),
            )?;
            run.env("HALLPASS_POSTGRES_URL", server.url());
            Some(server)
        }
        _ => None,
    };
    let measured = succeed(&mut run);
    server.map_or(Ok(()), Server::stop)?;
    measured
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}
