//! A schema of its own for each test, in the database that `HALLPASS_POSTGRES_URL` names.

use std::io::Write as _;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::CertificateDer;
use tokio_postgres::{Config, NoTls};

use crate::world::{World, https_config};

const URL: &str = "HALLPASS_POSTGRES_URL";

/// A schema that goes with the test.
pub(crate) struct Database {
    server: String,
    schema: String,
}

impl Database {
    /// Nothing where there is no server: then the test says that it is skipped.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(URL) else {
            skip();
            return None;
        };
        let schema = format!("s{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let database = Self { server, schema };
        database.sql(&format!("CREATE SCHEMA {}", database.schema));
        Some(database)
    }

    /// Where the program finds it.
    pub(crate) fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-c%20search_path%3D{}", self.server, self.schema)
    }

    /// The same with the variable `PGPASSWORD` for the password, and that password.
    pub(crate) fn url_and_password(&self) -> (String, String) {
        let config = Config::from_str(&self.server).unwrap();
        let password = String::from_utf8(config.get_password().expect("a password").to_vec()).unwrap();
        (self.url().replacen(&format!(":{password}@"), ":${PGPASSWORD}@", 1), password)
    }

    /// A configuration for nodes on this database, with a client and a person.
    pub(crate) fn world(&self) -> (World, CertificateDer<'static>) {
        let (world, certificate) = World::with_https();
        world.write("url", &format!("{}\n", self.url()));
        let path = "database = \"data/hallpass.db\"";
        world.write("hallpass.toml", &https_config().replace(path, "database_file = \"url\""));
        (world, certificate)
    }

    /// How many tables there are.
    pub(crate) fn tables(&self) -> i64 {
        let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = $1";
        beside(async {
            let (client, connection) = Config::from_str(&self.server).unwrap().connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query_one(sql, &[&self.schema]).await.unwrap().get(0)
        })
    }

    /// Runs SQL beside the program.
    fn sql(&self, sql: &str) {
        beside(async {
            let (client, connection) = Config::from_str(&self.server).unwrap().connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
        });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.sql(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

/// On a thread of its own, as a test may have a runtime already.
fn beside<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
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
