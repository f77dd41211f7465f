//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// OAuth 2.0 and OpenID Connect: authorization server, client and API in one program.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// How log lines look. Which lines there are is set by `HALLPASS_LOG`, such as `info` or `hallpass_server=debug`.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "HALLPASS_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run all four roles on this machine, with nothing to configure: an issuer, a web app and an API.
    Demo(DemoOptions),
}

#[derive(Args)]
pub(crate) struct DemoOptions {
    /// Where the database lives. A second start finds the same keys, users and grants there.
    #[arg(long, value_name = "DIR", default_value = "hallpass-demo", env = "HALLPASS_DEMO_DATA")]
    pub(crate) data: PathBuf,

    /// Port of the issuer: authorization server, its pages, discovery, keys.
    #[arg(long, value_name = "PORT", default_value_t = 9000, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) issuer_port: u16,

    /// Port of the web app, an OAuth client.
    #[arg(long, value_name = "PORT", default_value_t = 8000, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) app_port: u16,

    /// Port of the API, a resource server.
    #[arg(long, value_name = "PORT", default_value_t = 8001, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) api_port: u16,
}

/// How log lines look.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
