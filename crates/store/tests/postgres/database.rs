//! A schema of its own for each test, in the database that `HALLPASS_POSTGRES_URL` names.

use std::io::Write;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hallpass_server::store::Store;
use hallpass_store::postgres::{Options, PostgresStore};
use hallpass_testkit::contract::{Engine, run};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

const URL: &str = "HALLPASS_POSTGRES_URL";

/// A schema that goes with the test.
pub(crate) struct Database {
    server: Config,
    schema: String,
}

impl Database {
    /// Nothing where there is no server: then the test says that it is skipped.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var(URL) else {
            skip();
            return None;
        };
        let schema = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let database = Self { server: Config::from_str(&url).unwrap(), schema };
        run(database.sql(&format!("CREATE SCHEMA {}", database.schema)));
        Some(database)
    }

    /// Where a store finds the schema.
    pub(crate) fn url(&self) -> String {
        let (Host::Tcp(host), [port]) = (&self.server.get_hosts()[0], self.server.get_ports()) else {
            panic!("{URL} is to name one host and port");
        };
        self.url_at(host, *port)
    }

    /// Where a store finds it through a gate.
    pub(crate) fn url_at(&self, host: &str, port: u16) -> String {
        let password = String::from_utf8(self.server.get_password().unwrap_or_default().to_vec()).unwrap();
        let (user, name) = (self.server.get_user().unwrap(), self.server.get_dbname().unwrap());
        let schema = &self.schema;
        format!(
            "host={host} port={port} user={user} password='{password}' dbname={name} application_name={schema} \
             options='-c search_path={schema}'"
        )
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let Host::Tcp(host) = &self.server.get_hosts()[0] else { panic!("{URL} is to name a host") };
        let addresses =
            std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), self.server.get_ports()[0]));
        addresses.unwrap().next().unwrap()
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        self.store_with(patient()).await
    }

    pub(crate) async fn store_with(&self, options: Options) -> PostgresStore {
        PostgresStore::open_with(&self.url(), options).await.unwrap()
    }

    /// A connection beside the store.
    pub(crate) async fn client(&self) -> Client {
        let mut config = self.server.clone();
        config.options(format!("-c search_path={}", self.schema));
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Runs SQL beside the store.
    pub(crate) async fn sql(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// How many connections the stores on this schema have.
    pub(crate) async fn connections(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
        self.client().await.query_one(sql, &[&self.schema]).await.unwrap().get(0)
    }

    /// Has the server end every connection of the stores on this schema; how many there were.
    pub(crate) async fn end_connections(&self) -> usize {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
        let ended = self.client().await.query(sql, &[&self.schema]).await.unwrap().len();
        while self.connections().await > 0 {
            tokio::task::yield_now().await;
        }
        ended
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        // On a thread of its own, as a test may drop it inside its runtime.
        std::thread::scope(|scope| {
            let _ = scope.spawn(|| run(self.sql(&sql))).join();
        });
    }
}

impl Engine for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }
}

/// Limits that a machine with much else to do keeps too.
pub(crate) fn patient() -> Options {
    let long = Duration::from_secs(60);
    Options { patience: long, statement: long, connect: long, ..Options::default() }
}

/// Says that a test did not run.
fn skip() {
    let thread = std::thread::current();
    let line = format!("SKIPPED: {}: no {URL}\n", thread.name().unwrap_or("a test"));
    match std::env::var_os("HALLPASS_SKIP_LOG") {
        Some(path) => {
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
            log.write_all(line.as_bytes()).unwrap();
        }
        None => eprint!("{line}"),
    }
}
