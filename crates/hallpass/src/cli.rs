//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_server::entity::key::KeyPurpose;

use crate::config::duration;
use crate::tool::options::{DoctorOptions, JwtOptions, TokenOptions};

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
    /// Run the issuer, by a configuration file.
    Serve(ServeOptions),
    /// Look at a configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage the clients in the database, also while the server runs.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Manage the people in the database, also while the server runs.
    #[command(subcommand)]
    User(UserCommand),
    /// Get a token from any issuer, by any flow.
    Token(Box<TokenOptions>),
    /// Look into a token, and verify it.
    Jwt(JwtOptions),
    /// Find out what is wrong with an issuer, an app or an API.
    Doctor(DoctorOptions),
    /// Manage the server's own keys in the database, also while the server runs: every node follows within a second.
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Args)]
pub(crate) struct ServeOptions {
    /// The configuration file; hallpass.example.toml describes every key.
    #[arg(long, value_name = "FILE", default_value = "hallpass.toml", env = "HALLPASS_CONFIG")]
    pub(crate) config: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say everything that is wrong with it, or print the settings without secrets.
    Check(ServeOptions),
}

/// Which database.
#[derive(Args)]
pub(crate) struct Where {
    /// The configuration file that names the database.
    #[arg(long, value_name = "FILE", default_value = "hallpass.toml", env = "HALLPASS_CONFIG")]
    pub(crate) config: PathBuf,

    /// The SQLite file or the URL of the PostgreSQL database, in place of a configuration file. In a URL, ${NAME} is the
    /// environment variable NAME: a command line is no place for a password.
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) database: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Register a client. Its secret is made here and printed once.
    Add(Box<NewClient>),
    /// All clients, one a line.
    List(Where),
    /// One client.
    Show(OneClient),
    /// Let a client do nothing any more. Its tokens end with it.
    Disable(OneClient),
    /// Take that back.
    Enable(OneClient),
    /// Remove a client, and end everything that it was given. One that stands in the configuration file comes back with
    /// the next start.
    Remove(OneClient),
    /// Manage the initial access tokens: whoever holds one may register clients by request (RFC 7591).
    #[command(subcommand)]
    RegistrationToken(RegistrationTokenCommand),
}

#[derive(Subcommand)]
pub(crate) enum RegistrationTokenCommand {
    /// Make one. It is printed once.
    Add(NewRegistrationToken),
    /// All of them, one a line, without the tokens themselves.
    List(Where),
    /// Let nobody register with it any more. The clients that were registered with it stay.
    Revoke(OneRegistrationToken),
}

#[derive(Args)]
pub(crate) struct NewRegistrationToken {
    /// For whom it is; shown in the list.
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// How many clients may be registered with it; any number if it is not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) uses: Option<u32>,
    /// How long it is good, such as 30d; for ever if it is not given.
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    pub(crate) lifetime: Option<i64>,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct OneRegistrationToken {
    /// As it stands in the list.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct OneClient {
    pub(crate) client_id: String,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct NewClient {
    /// Made up if it is not given.
    pub(crate) client_id: Option<String>,
    /// What people read of it.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A JSON file with metadata in the names of RFC 7591, for everything that has no flag here. A flag wins.
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata: Option<PathBuf>,
    /// client_secret_basic (which it is if nothing is said), client_secret_post, client_secret_jwt, private_key_jwt, or
    /// none for a client that cannot keep a secret.
    #[arg(long, value_name = "METHOD")]
    pub(crate) auth_method: Option<String>,
    /// Where the client publishes its public keys (JWK Set).
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    pub(crate) jwks_uri: Option<String>,
    /// A file with its public keys (JWK Set).
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks_file: Option<PathBuf>,
    /// Where authorization responses go. May be repeated.
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub(crate) redirect_uris: Vec<String>,
    /// Where the browser may go after sign-out. May be repeated.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub(crate) post_logout_redirect_uris: Vec<String>,
    /// authorization_code, refresh_token, client_credentials, password or implicit. May be repeated; authorization_code
    /// if none is given.
    #[arg(long = "grant-type", value_name = "GRANT")]
    pub(crate) grant_types: Vec<String>,
    /// Such as code or "id_token token". May be repeated; code if none is given.
    #[arg(long = "response-type", value_name = "TYPE")]
    pub(crate) response_types: Vec<String>,
    /// The widest scope that it may ask for; "openid profile email" if it is not given.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// For a program that cannot send a code_challenge; a public client must all the same.
    #[arg(long)]
    pub(crate) without_pkce: bool,
    /// `aud` of its access tokens: the API's identifier. May be repeated.
    #[arg(long, value_name = "URI")]
    pub(crate) audience: Vec<String>,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person. The password is asked for, or read from the first line of standard input.
    Add(NewUser),
    /// Give a person another password.
    SetPassword(NewPassword),
    /// Let a person do nothing any more. What was issued for them ends.
    Disable(OneUser),
    /// Take that back.
    Enable(OneUser),
}

#[derive(Args)]
pub(crate) struct OneUser {
    pub(crate) login: String,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct NewPassword {
    pub(crate) login: String,
    /// Read the password from this file, without the newline at its end.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct NewUser {
    /// What the person types to sign in.
    pub(crate) login: String,
    /// Another login of the same person. May be repeated.
    #[arg(long = "also", value_name = "LOGIN")]
    pub(crate) more_logins: Vec<String>,
    /// The full name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The address, which counts as verified: you have seen to that.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// Any other claim of OpenID Connect Core 5.1, as text. May be repeated.
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = claim)]
    pub(crate) claims: Vec<(String, String)>,
    /// Read the password from this file, without the newline at its end.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Where,
}

fn lifetime(text: &str) -> Result<i64, &'static str> {
    duration::parse(text).filter(|seconds| *seconds > 0).ok_or(duration::HINT)
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// All keys by what they are for, the oldest first: what each is for, where it stands, and whether it is sealed.
    List(Where),
    /// Publish new keys now, and use them when every cache must have them. The old ones stay published as long as
    /// tokens live that they have signed.
    Rotate(RotateKeys),
    /// Make the first key of an algorithm.
    Add(AddKey),
    /// Let a key sign no more. Its tokens are good to their end.
    Retire(OneKey),
    /// End a key at once, with everything that it has signed: for one that somebody else may have. If it is in use,
    /// another one takes its place.
    Revoke(OneKey),
    /// Seal every key under the master key of the configuration file.
    Rewrap(Where),
}

#[derive(Args)]
pub(crate) struct RotateKeys {
    /// RS256, ES256 and the like, or seal. All keys that sign if none is given.
    #[arg(value_name = "PURPOSE", value_parser = crate::manage::key::purpose)]
    pub(crate) purposes: Vec<KeyPurpose>,
    /// How long the new keys are published before they are used, such as 10m. keys.publish_ahead of the file if not given.
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    pub(crate) ahead: Option<i64>,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct AddKey {
    /// RS256, ES256 and the like.
    #[arg(value_name = "ALG", value_parser = crate::manage::key::alg)]
    pub(crate) alg: SigningAlg,
    #[command(flatten)]
    pub(crate) place: Where,
}

#[derive(Args)]
pub(crate) struct OneKey {
    /// Its name, as `hallpass key list` shows it.
    pub(crate) kid: String,
    #[command(flatten)]
    pub(crate) place: Where,
}

fn claim(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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
