//! `hallpass.toml`: what an operator decides. `hallpass.example.toml` describes every key.
//!
//! `document.rs` reads TOML and remembers lines, `mod.rs` reads the keys in the order of that file, and
//! `print.rs` shows what came out. The rules for clients are the server's own (`hallpass_server::register`).

mod address;
mod claims;
mod client;
mod connections;
pub(crate) mod database;
mod document;
pub(crate) mod duration;
mod interpolate;
mod keys;
mod lifetimes;
mod metadata;
mod mistake;
mod nearest;
mod outbound;
pub(crate) mod print;
mod proxies;
mod registration;
mod secret;
mod tls;
mod user;

use std::path::Path;

use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::scope::is_scope_token;
use hallpass_server::config::{Config, ScopeText};
use hallpass_server::outbound::DoorSettings;
use hallpass_server::register::{Registrant, Rules};

pub(crate) use address::Address;
pub(crate) use client::StaticClient;
use document::{Reading, Table};
pub(crate) use keys::{Master, NoMasterKey};
pub(crate) use mistake::{Mistake, Mistakes};
pub(crate) use tls::TlsFiles;
pub(crate) use user::{StaticPassword, StaticUser};

use crate::database::Location;
use crate::listen::Limits;

/// Everything that the file says.
pub(crate) struct Settings {
    pub(crate) listen: Vec<Address>,
    pub(crate) database: Location,
    /// None where http is spoken: for a loopback issuer, or to a proxy that ends TLS.
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) connections: Limits,
    pub(crate) server: Config,
    /// Under which the server's private keys are sealed.
    pub(crate) master: Master,
    /// What the server itself may fetch.
    pub(crate) outbound: DoorSettings,
    pub(crate) clients: Vec<StaticClient>,
    pub(crate) users: Vec<StaticUser>,
    /// What is allowed and worth a look.
    pub(crate) notes: Vec<Mistake>,
}

/// Reads a file, or says everything that is wrong with it.
pub(crate) fn load(file: &Path, env: &Env) -> Result<Settings, Mistakes> {
    let source = source(file)?;
    let (mut reading, mut table) = Reading::start(&source, directory(file));
    if !reading.mistakes.is_empty() {
        return Err(mistakes(file, reading));
    }
    match read(&mut reading, &mut table, env) {
        Some(mut settings) => {
            table.finish(&mut reading);
            if !reading.mistakes.is_empty() {
                return Err(mistakes(file, reading));
            }
            settings.notes = reading.notes;
            Ok(settings)
        }
        None => {
            table.finish(&mut reading);
            Err(mistakes(file, reading))
        }
    }
}

/// The database that a file names. Whatever else is in the file need not be right: secrets that the server has in its
/// environment are not in the one of the person who adds a client.
pub(crate) fn database_of(file: &Path) -> Result<Location, Mistakes> {
    let source = source(file)?;
    let (mut reading, mut table) = Reading::start(&source, directory(file));
    let database = database::read(&mut reading, &mut table).filter(|_| reading.mistakes.is_empty());
    database.ok_or_else(|| mistakes(file, reading))
}

/// What a file says of the server's keys, and where they are. Whatever else is in it need not be right.
pub(crate) fn keys_of(file: &Path) -> Result<(Location, Config, Master), Mistakes> {
    let source = source(file)?;
    let (mut reading, mut table) = Reading::start(&source, directory(file));
    let database = database::read(&mut reading, &mut table);
    let mut server = anywhere();
    lifetimes::read(&mut reading, &mut table, &mut server);
    let master = keys::read(&mut reading, &mut table, &mut server);
    match database.filter(|_| reading.mistakes.is_empty()) {
        Some(database) => Ok((database, server, master)),
        None => Err(mistakes(file, reading)),
    }
}

/// Settings of which the issuer does not matter.
pub(crate) fn anywhere() -> Config {
    // A literal that is an issuer.
    #[allow(clippy::expect_used)]
    let issuer = Issuer::parse("http://localhost").expect("an issuer");
    Config::new(issuer)
}

fn read(reading: &mut Reading, table: &mut Table<'_>, env: &Env) -> Option<Settings> {
    let issuer = read_issuer(reading, table);
    let listen = address::read(reading, table);
    let database = database::read(reading, table);
    let proxy = table.flag(reading, "behind_proxy").unwrap_or(false);
    let line_of_tls = table.line_of(reading, "tls");
    let before = reading.mistakes.len();
    let tls = tls::read(reading, table, issuer.as_ref().map(|(issuer, _)| issuer));
    // What is wrong with [tls] itself comes first.
    if let Some((issuer, line)) = issuer.as_ref().filter(|_| reading.mistakes.len() == before) {
        let scheme = address::Scheme { issuer, line: *line, tls: line_of_tls, behind_proxy: proxy };
        scheme.check(reading, &listen);
    }
    // So that everything else is looked at even without an issuer; nothing comes of it then.
    let known = issuer.is_some();
    let mut server = issuer.map_or_else(anywhere, |(issuer, _)| Config::new(issuer));
    let ends_before = server.issuer.is_https() && tls.is_none();
    let tls_ends = if ends_before { proxies::Tls::EndsBefore } else { proxies::Tls::EndsHere };
    let connections = connections::read(reading, table);
    lifetimes::read(reading, table, &mut server);
    let master = keys::read(reading, table, &mut server);
    read_passwords(reading, table, &mut server);
    server.sign_up = table.flag(reading, "sign_up").unwrap_or(false);
    let outbound = outbound::read(reading, table);
    server.client_address = proxies::read(reading, table, tls_ends);
    if let Some(alg) = table.text(reading, "access_token_signed_response_alg") {
        match signing_alg(&alg.value) {
            Ok(alg) => server.access_token_alg = alg,
            Err(why) => table.wrong(reading, alg.line, "access_token_signed_response_alg", &why),
        }
    }
    registration::read(reading, table, &mut server);
    read_scopes(reading, table, &mut server);
    claims::read(reading, table, &mut server);
    let clients = client::read(reading, table, &Rules::new(&server, Registrant::Operator), env.now());
    let users = user::read(reading, table);
    let listen = listen.into_iter().map(|(address, _)| address).collect();
    let database = database?;
    let settings = Settings {
        listen,
        database,
        tls,
        connections,
        server,
        master,
        outbound,
        clients,
        users,
        notes: vec![],
    };
    known.then_some(settings)
}

fn read_issuer(reading: &mut Reading, table: &mut Table<'_>) -> Option<(Issuer, usize)> {
    let text = table.required(reading, "issuer", "such as issuer = \"https://login.example.com\"")?;
    let issuer = match Issuer::parse(&text.value) {
        Ok(issuer) => issuer,
        Err(why) => {
            reading.wrong(text.line, why.to_string());
            return None;
        }
    };
    // The paths of the server are below this one, and those of the health checks are beside it.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    if !issuer.path().bytes().all(plain) || ["/livez", "/readyz"].contains(&issuer.path()) {
        let why = "must be of letters, digits, `-`, `.`, `_` and `~`, and neither /livez nor /readyz";
        table.wrong(reading, text.line, "issuer", &format!("has the path {:?}, which {why}", issuer.path()));
        return None;
    }
    Some((issuer, text.line))
}

/// An algorithm that access tokens may be signed by.
fn signing_alg(text: &str) -> Result<SigningAlg, String> {
    match text.parse() {
        Ok(alg @ (SigningAlg::Rs256 | SigningAlg::Es256)) => Ok(alg),
        _ => Err(format!("{text:?} is not one of RS256, ES256")),
    }
}

fn read_passwords(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) {
    let Some(mut passwords) = table.table(reading, "passwords") else { return };
    server.password_workers = passwords.number(reading, "workers", 1, 256).unwrap_or(server.password_workers);
    server.password_queue = passwords.number(reading, "queue", 1, 100_000).unwrap_or(server.password_queue);
    passwords.finish(reading);
}

fn read_scopes(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) {
    let mut seen: Vec<String> = Vec::new();
    for mut scope in table.tables(reading, "scope") {
        let name = scope.required(reading, "name", "the scope value, such as \"items:read\"");
        let title = scope.required(reading, "title", "what it allows, such as \"Read your items\"");
        let detail = scope.text(reading, "detail").map(|text| text.value).unwrap_or_default();
        if let (Some(name), Some(title)) = (name, title) {
            if !is_scope_token(&name.value) {
                let why = "must be one scope value: printable ASCII without spaces, quotes and backslashes";
                scope.wrong(reading, name.line, "name", why);
            } else if seen.contains(&name.value) {
                scope.wrong(reading, name.line, "name", &format!("{:?} stands here twice", name.written));
            }
            server.scopes.retain(|known| known.name != name.value);
            server.scopes.push(ScopeText::new(&name.value, &title.value, &detail));
            seen.push(name.value);
        }
        scope.finish(reading);
    }
}

fn source(file: &Path) -> Result<String, Mistakes> {
    std::fs::read_to_string(file).map_err(|error| {
        let what = format!("cannot be read: {error}");
        Mistakes { file: file.to_owned(), list: vec![Mistake { line: 0, what }] }
    })
}

fn directory(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

fn mistakes(file: &Path, reading: Reading) -> Mistakes {
    let mut list = reading.mistakes;
    list.sort_by_key(|mistake| mistake.line);
    Mistakes { file: file.to_owned(), list }
}
