//! The `hallpass` program: reads the command line, builds every object once, and passes it on.

mod cli;
mod config;
mod database;
mod demo;
mod listen;
mod logs;
mod manage;
mod moment;
mod output;
mod serve;
mod tool;
mod upkeep;
mod vault;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, ConfigCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    logs::start(cli.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(&format!("the runtime cannot be started: {e}")),
    };
    let outcome = match cli.command {
        Command::Demo(options) => runtime.block_on(demo::run(&options)).map_err(|e| e.to_string()),
        Command::Serve(options) => runtime.block_on(serve::run(&options)).map_err(|e| e.to_string()),
        Command::Config(ConfigCommand::Check(options)) => manage::check::run(&options),
        Command::Client(command) => runtime.block_on(manage::client::run(command)),
        Command::Token(options) => runtime.block_on(tool::token::run(&options)),
        Command::Jwt(options) => runtime.block_on(tool::jwt::run(&options)),
        Command::Doctor(options) => runtime.block_on(tool::doctor::run(&options)),
        Command::User(command) => runtime.block_on(manage::user::run(command)),
        Command::Key(command) => runtime.block_on(manage::key::run(command)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// One line that says what is wrong and what to do, and exit code 1.
fn fail(message: &str) -> ExitCode {
    eprintln!("hallpass: {message}");
    ExitCode::FAILURE
}
