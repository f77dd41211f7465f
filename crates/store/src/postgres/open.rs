//! Where the database is, and how many connections it gets.

use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, Error, NoTls};

use hallpass_server::fault::Fault;

use super::failure::{no_connection, told};
use super::migrate;

/// Limits of the engine.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many connections there are at most.
    pub connections: usize,
    /// How long a step waits for one of them, before it is
    /// [`Fault::StoreBusy`](hallpass_server::fault::Fault::StoreBusy).
    pub patience: Duration,
    /// How long the server may work at one statement, waiting for other steps included.
    pub statement: Duration,
    /// How long it may take to connect.
    pub connect: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            connections: (4 * cores).clamp(8, 32),
            patience: Duration::from_secs(5),
            statement: Duration::from_secs(10),
            connect: Duration::from_secs(5),
        }
    }
}

/// Why the database cannot be opened. Each prints as one line that names the database and no password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// This is no URL of a PostgreSQL database.
    #[error("this is not the URL of a PostgreSQL database: {}", told(source))]
    Url {
        /// Why not.
        source: Error,
    },
    /// TLS was asked for.
    #[error(
        "the URL of {place} asks for TLS (sslmode=require), which this engine does not speak: use a Unix socket, a \
         network of your own, or a TLS tunnel on this machine, and sslmode=disable"
    )]
    Tls {
        /// Which database.
        place: String,
    },
    /// The database does not answer, or not to us.
    #[error("cannot connect to {place}: {source}")]
    Connect {
        /// Which database.
        place: String,
        /// Why not.
        source: Fault,
    },
    /// No store has made tables there, where there should be some.
    #[error("{place} is not one of Hallpass: `hallpass serve` makes its tables at the first start")]
    Empty {
        /// Which database.
        place: String,
    },
    /// A later release wrote it.
    #[error("{place} has version {found}, this program knows up to {known}: run a later release")]
    Newer {
        /// Which database.
        place: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: usize,
    },
    /// It was made by a migration that is not the one of this program.
    #[error("{place} was made by another migration {version} than this program's")]
    Changed {
        /// Which database.
        place: String,
        /// Which migration.
        version: i64,
    },
    /// PostgreSQL refused to make the tables.
    #[error("cannot bring {place} up to date: {}", told(source))]
    Postgres {
        /// Which database.
        place: String,
        /// Why.
        source: Error,
    },
}

/// What becomes of a database without our tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    /// It gets them.
    Make,
    /// It is refused.
    Expect,
}

/// A pool of connections to a database with the tables of this release.
pub(super) async fn open(url: &str, options: &Options, tables: Tables) -> Result<Pool, OpenError> {
    let (mut config, place) = read(url)?;
    settle(&mut config, options);
    let no = |source| OpenError::Connect { place: place.clone(), source };
    let pool = pool(config, options).map_err(no)?;
    let mut db = pool.get().await.map_err(|error| no(no_connection(error)))?;
    if tables == Tables::Expect && !migrate::has_run(&db, &place).await? {
        return Err(OpenError::Empty { place });
    }
    migrate::run(&mut db, migrate::MIGRATIONS, &place).await?;
    tracing::debug!(place, "the database is open");
    drop(db);
    Ok(pool)
}

/// What the URL says, and what to call the database.
pub(super) fn read(url: &str) -> Result<(Config, String), OpenError> {
    let config = Config::from_str(url).map_err(|source| OpenError::Url { source })?;
    let place = place(&config);
    if matches!(config.get_ssl_mode(), SslMode::Require) {
        return Err(OpenError::Tls { place });
    }
    Ok((config, place))
}

/// What the URL leaves open. A server that vanished is noticed: what was sent is acknowledged in time or given up.
fn settle(config: &mut Config, options: &Options) {
    // An upgrade that a man in the middle can prevent is no protection, and ours is none at all.
    config.ssl_mode(SslMode::Disable);
    config.keepalives_idle(Duration::from_secs(30));
    config.connect_timeout(options.connect);
    config.tcp_user_timeout(options.statement);
    if config.get_application_name().is_none() {
        config.application_name("hallpass");
    }
}

fn pool(config: Config, options: &Options) -> Result<Pool, Fault> {
    let limit = options.statement.as_millis();
    // What was answered must stay: where the server would not wait for its disk, it waits for us.
    let settings = format!(
        "SET statement_timeout = {limit}; SET idle_in_transaction_session_timeout = {limit};
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    );
    let hook = Hook::async_fn(move |db: &mut deadpool_postgres::ClientWrapper, _| {
        let settings = settings.clone();
        Box::pin(async move { db.batch_execute(&settings).await.map_err(HookError::Backend) })
    });
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(options.connections.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.patience))
        .create_timeout(Some(options.connect))
        .post_create(hook)
        .build()
        .map_err(|error| Fault::Store(format!("PostgreSQL: {error}")))
}

/// `the database hallpass at db.example`: what a person needs to find it.
fn place(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let name = config.get_dbname().or(config.get_user()).unwrap_or("of no name");
    format!("the database {name} at {}", hosts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cannot_open(url: &str) -> OpenError {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = Options { connect: Duration::from_secs(1), ..Options::default() };
        let error = runtime.block_on(open(url, &options, Tables::Make)).expect_err("this cannot be opened");
        let line = error.to_string();
        assert!(line.lines().count() == 1 && !line.contains("s3cret"), "{line}");
        error
    }

    #[test]
    fn tls_is_refused_and_not_left_out_in_silence() {
        let error = cannot_open("postgres://ada:s3cret@db.example/hallpass?sslmode=require");

        assert!(matches!(error, OpenError::Tls { .. }), "{error}");
        assert!(error.to_string().contains("the database hallpass at db.example"), "{error}");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in
            ["postgres://ada:s3cret@db.example/x?sslmode=verify-full", "postgres://ada:s3cret@h:port/x", ""]
        {
            let error = cannot_open(url);
            assert!(matches!(error, OpenError::Url { .. } | OpenError::Connect { .. }), "{error}");
        }
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let error = cannot_open(&format!("postgres://ada:s3cret@127.0.0.1:{port}/hallpass"));

        assert!(matches!(error, OpenError::Connect { .. }), "{error}");
        assert!(error.to_string().contains("the database hallpass at 127.0.0.1"), "{error}");
    }
}
