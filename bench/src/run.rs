//! Starts everything, and prints the tables.

use std::fmt::Write as _;

use crate::load;
use crate::measure::{Measured, Method};
use crate::process::{Folder, OF_SERVER, Process};
use crate::{Done, growth, told};

mod program;
mod table;

use table::{Ratio, Table};

/// What to measure, and for how long.
struct Options {
    method: Method,
    only: Vec<String>,
    long: bool,
}

/// A part of the run: its name, what it measures, and how.
type Part = (&'static str, fn(&Options) -> Result<Table, String>);

const PARTS: [Part; 8] = [
    ("tokens", tokens),
    ("answers", answers),
    ("sqlite", sqlite),
    ("postgres", postgres),
    ("api", api),
    ("start", program::start),
    ("memory", program::memory),
    ("growth", grow),
];

/// Where the run says it finds PostgreSQL.
const POSTGRES: &str = "HALLPASS_POSTGRES_URL";

/// Runs the parts that are asked for, one after the other.
pub(crate) fn run(arguments: &[&str]) -> Done {
    let options = Options::read(arguments)?;
    println!("{}", method(&options)?);
    let mut failed = Vec::new();
    for (name, part) in PARTS {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == name) {
            continue;
        }
        match part(&options) {
            Ok(table) => println!("{name}\n{table}"),
            Err(why) => {
                println!("{name}: not measured: {why}\n");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured: {}", failed.join(", "))) }
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Self, String> {
        let mut options =
            Self { method: Method { seconds: 5.0, connections: 64 }, only: Vec::new(), long: false };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match *word {
                "--long" => options.long = true,
                "--seconds" => {
                    let seconds = words.next().and_then(|text| text.parse().ok());
                    options.method.seconds =
                        seconds.filter(|s| (0.5..=600.0).contains(s)).ok_or("--seconds wants 0.5 to 600")?;
                }
                "--only" => {
                    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
                    let name = words.next().filter(|name| names.contains(name));
                    let wants = || format!("--only wants one of {}", names.join(", "));
                    options.only.push((*name.ok_or_else(wants)?).to_owned());
                }
                other => return Err(format!("there is no option {other}")),
            }
        }
        Ok(options)
    }
}

/// How it is measured, said before any number.
fn method(options: &Options) -> Result<String, String> {
    let cpus = std::thread::available_parallelism().map_err(told)?;
    if cpus.get() < 2 {
        return Err("two cores are needed: one for the server, one for the load".to_owned());
    }
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let mut text = String::new();
    let Method { seconds, connections } = options.method;
    let _ = writeln!(text, "Machine: {cpus} cores,{}", model.trim_start_matches(['\t', ':']));
    let _ = write!(
        text,
        "Method: the server alone on core 0, the load (and PostgreSQL) on core 1; {connections} keep-alive \
         connections over loopback,\neach with one request under way; {seconds} s a row after a fifth of that to warm \
         up. A rate is exchanges a second; a cost\nis the server's processor time for one exchange, which a busy \
         machine disturbs less. Ratios compare rows of this run.\n"
    );
    Ok(text)
}

/// client_credentials against a handler that signs the same token and does nothing else.
fn tokens(options: &Options) -> Result<Table, String> {
    let bare = Process::start(OF_SERVER, &["bare", "sign"])?;
    let against = options.method.measure(&bare, "client-credentials")?;
    drop(bare);
    let ours = options.method.measure(&memory()?, "client-credentials")?;
    let mut table = Table::new();
    table.measured("axum: signs, nothing else", &against);
    table.measured("client_credentials", &ours);
    table.ratio("client_credentials to it", &Ratio::of(&ours, &against, 0.75));
    Ok(table)
}

/// Answers against a hyper service that gives back the same bytes.
fn answers(options: &Options) -> Result<Table, String> {
    let server = memory()?;
    let folder = Folder::new("answers")?;
    let runtime = tokio::runtime::Runtime::new().map_err(told)?;
    let token = runtime.block_on(load::web_token(server.port))?;
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let introspection = load::Scenario::introspection(server.port, &token);
    let get = |path: &str, headers: &str| load::Scenario::get(server.port, path, headers);
    let asked = [
        ("/.well-known/openid-configuration", get("/.well-known/openid-configuration", ""), "discovery", 0.9),
        ("/jwks", get("/jwks", ""), "JWKS", 0.9),
        ("/introspect", introspection, "introspection", 0.5),
        ("/userinfo", get("/userinfo", &bearer), "UserInfo", 0.5),
    ];
    let mut held = Vec::new();
    for (path, request, ..) in &asked {
        let (headers, body) = runtime.block_on(load::answer(server.port, request))?;
        held.push((*path, headers, body));
    }
    let file = folder.file("answers.json");
    std::fs::write(&file, serde_json::to_vec(&held).map_err(told)?).map_err(told)?;
    let scenarios = [
        "GET /.well-known/openid-configuration".to_owned(),
        "GET /jwks".to_owned(),
        format!("introspect:{token}"),
        format!("bearer:{token} /userinfo"),
    ];
    let mut ours = Vec::new();
    for scenario in &scenarios {
        ours.push(options.method.measure(&server, scenario)?);
    }
    drop(server);
    let bare = Process::start(OF_SERVER, &["bare", "replay", &file])?;
    let mut table = Table::new();
    for (((_, _, name, least), scenario), ours) in asked.iter().zip(&scenarios).zip(&ours) {
        let against = options.method.measure(&bare, scenario)?;
        table.measured(&format!("hyper: the bytes of {name}"), &against);
        table.measured(name, ours);
        table.ratio(&format!("{name} to it"), &Ratio::of(ours, &against, *least));
    }
    Ok(table)
}

/// The code flow and a refresh on SQLite, against the same in memory.
fn sqlite(options: &Options) -> Result<Table, String> {
    let folder = Folder::new("sqlite")?;
    let engine = folder.file("hallpass.db");
    journey(options, "SQLite, synchronous=FULL", &engine, 0.6)
}

fn postgres(options: &Options) -> Result<Table, String> {
    let url = std::env::var(POSTGRES).map_err(|_| format!("{POSTGRES} is not set"))?;
    journey(options, "PostgreSQL on the core of the load", &url, 0.25)
}

fn journey(options: &Options, name: &str, engine: &str, least: f64) -> Result<Table, String> {
    let against = options.method.measure(&memory()?, "journey")?;
    let ours = options.method.measure(&Process::start(OF_SERVER, &["serve", engine])?, "journey")?;
    let mut table = Table::new();
    table.measured("code, tokens, refresh: in memory", &against);
    table.measured(&format!("the same on {name}"), &ours);
    table.ratio(&format!("{name} to memory"), &Ratio::of(&ours, &against, least));
    Ok(table)
}

/// A protected route against the same route bare.
fn api(options: &Options) -> Result<Table, String> {
    let issuer = memory()?;
    let folder = Folder::new("api")?;
    let runtime = tokio::runtime::Runtime::new().map_err(told)?;
    let tokens = runtime.block_on(load::tokens(issuer.port, 30_000))?;
    let server = Process::start(OF_SERVER, &["api", &format!("http://localhost:{}", issuer.port)])?;
    let bare = options.method.measure(&server, "GET /bare")?;
    let seen = options.method.measure(&server, &format!("bearer:{} /protected", tokens[0]))?;
    let list = folder.file("tokens");
    std::fs::write(&list, tokens[1..].join("\n")).map_err(told)?;
    let fresh = options.method.measure_cold(&server, &format!("fresh:{list}"))?;
    let check = table::signature_check()?;
    let mut table = Table::new();
    table.measured("a route, bare", &bare);
    table.measured("protected, a token seen before", &seen);
    table.ratio("seen to bare", &Ratio::of(&seen, &bare, 0.9));
    table.measured("protected, a token not seen before", &fresh);
    table.at_most("first sight beyond bare and the ES256 check", fresh.cost - bare.cost - check, 5.0, "µs");
    Ok(table)
}

fn grow(options: &Options) -> Result<Table, String> {
    let sizes: &[usize] =
        if options.long { &[10_000, 100_000, 1_000_000, 10_000_000] } else { &[10_000, 100_000, 1_000_000] };
    let mut table = Table::new();
    let mut first: Option<Measured> = None;
    for size in sizes {
        let (measured, resident) = growth::at(*size, options.method)?;
        table.measured(&format!("refresh over {size} tokens, {resident:.0} MB resident"), &measured);
        match &first {
            None => first = Some(measured),
            Some(first) => {
                let share = measured.p99 / first.p99.max(1.0);
                table.at_most(&format!("p99 of {size} to that of {}", sizes[0]), share, 1.25, "");
            }
        }
    }
    Ok(table)
}

fn memory() -> Result<Process, String> {
    Process::start(OF_SERVER, &["serve", "memory"])
}
