//! `cargo xtask test`: everything that proves Hallpass, from one command; `cargo xtask bench`: what everything costs.
//! `cargo xtask help` tells their flags.

mod apache;
mod background;
mod bench;
mod count;
mod demo;
mod options;
mod postgres;
mod prepare;
mod process;
mod report;
mod serve;
mod stage;
mod stages;
mod workspace;

use std::process::ExitCode;
use std::time::Instant;

use options::{Options, Task};
use report::Report;
use stage::{Setting, Stage};
use workspace::Workspace;

fn main() -> ExitCode {
    match Task::parse(std::env::args().skip(1)) {
        Ok(Task::Help) => {
            print!("{}", options::HELP);
            ExitCode::SUCCESS
        }
        Ok(Task::List) => {
            for stage in stages::ALL {
                println!("{:16} {}", stage.name, stage.what);
            }
            ExitCode::SUCCESS
        }
        Ok(Task::Bench(options)) => match bench::bench(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("xtask: {why}");
                ExitCode::FAILURE
            }
        },
        Ok(Task::Test(options)) => match test(&options) {
            Ok(report) => report.close(options.skips),
            Err(why) => {
                eprintln!("xtask: {why}");
                ExitCode::FAILURE
            }
        },
        Err(why) => {
            eprintln!("xtask: {why}\n\n{}", options::HELP);
            ExitCode::from(2)
        }
    }
}

/// Prepares what the chosen stages need, then runs them one after the other, failing or not.
fn test(options: &Options) -> Result<Report, String> {
    let workspace = Workspace::read()?;
    let logs = workspace.target.join("xtask");
    std::fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
    let chosen: Vec<&Stage> = stages::ALL.iter().filter(|stage| options.chooses(stage.name)).collect();
    let tools = prepare::prepare(&workspace, &logs, &chosen, options.installs)?;
    let setting = Setting { workspace, tools, logs, network: options.installs };

    let mut report = Report::default();
    for stage in chosen {
        report.begin(stage);
        let start = Instant::now();
        let log = setting.log(stage.name);
        let outcome = stage::run(stage, &setting, &log);
        report.end(stage, outcome, start.elapsed(), &log);
    }
    Ok(report)
}
