//! The server: its settings, its store, its keys, and the answers that never change. Every endpoint gets this.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::HeaderValue;

use hallpass_proto::env::Env;
use hallpass_proto::remembered::Remembered;

use crate::accounts::{Accounts, StoreAccounts};
use crate::authorize::request_uri::RequestUris;
use crate::client_auth::directory::ClientDirectory;
use crate::client_keys::ClientKeys;
use crate::config::Config;
use crate::device_rate::DeviceRate;
use crate::endpoint::introspect::Verified;
use crate::endpoint::metadata;
use crate::entity::client::Client;
use crate::fault::Fault;
use crate::http::cookie;
use crate::interact::default_pages::DefaultPages;
use crate::interact::pages::Pages;
use crate::issue::protection;
use crate::keyring::Keyring;
use crate::keys::{Lifecycle, MasterKeys};
use crate::logout::state::{Frame, frame};
use crate::outbound::{Closed, Outbound};
use crate::rate::Rate;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::user_code_tries::UserCodeTries;

/// An authorization server. Cheap to clone; [`Server::router`] mounts it.
#[derive(Clone)]
pub struct Server {
    pub(crate) core: Arc<Core>,
}

pub(crate) struct Core {
    /// Itself, for what goes on after the request that began it.
    pub(crate) own: Weak<Core>,
    pub(crate) config: Config,
    pub(crate) env: Env,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) pages: Arc<dyn Pages>,
    /// What fetches for clients: their keys, sector documents, request objects.
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) keyring: Keyring,
    pub(crate) clients: ClientDirectory,
    pub(crate) client_keys: ClientKeys,
    pub(crate) request_uris: RequestUris,
    pub(crate) throttle: Throttle,
    /// Tries to make an account.
    pub(crate) sign_ups: Rate,
    /// Access tokens of this server that came back to it.
    pub(crate) verified: Remembered<Verified>,
    /// How long caches may keep the JWKS.
    pub(crate) jwks_cached: HeaderValue,
    pub(crate) registrations: Rate,
    pub(crate) device_codes: DeviceRate,
    pub(crate) user_code_tries: UserCodeTries,
    /// Discovery, serialised once.
    pub(crate) metadata: Bytes,
    /// The page of `check_session_iframe`.
    pub(crate) check_session: Frame,
}

/// How many access tokens are remembered whose signature was good.
const VERIFIED: usize = 10_000;

/// What a server is made of. Begins with [`Server::builder`].
pub struct ServerBuilder {
    config: Config,
    env: Env,
    store: Arc<dyn Store>,
    accounts: Option<Arc<dyn Accounts>>,
    pages: Arc<dyn Pages>,
    outbound: Arc<dyn Outbound>,
    master_keys: MasterKeys,
}

impl ServerBuilder {
    /// Other people than those of the store: the accounts of the program that the server is part of.
    #[must_use]
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// Other pages than the ones that come with the crate.
    #[must_use]
    pub fn pages(mut self, pages: Arc<dyn Pages>) -> Self {
        self.pages = pages;
        self
    }

    /// How the server makes requests of its own. Without it, it makes none: keys and documents of clients by
    /// reference cannot be had.
    #[must_use]
    pub fn outbound(mut self, outbound: Arc<dyn Outbound>) -> Self {
        self.outbound = outbound;
        self
    }

    /// What private keys are sealed under in the store. Without it, they stand there as they are.
    #[must_use]
    pub fn master_keys(mut self, master_keys: MasterKeys) -> Self {
        self.master_keys = master_keys;
        self
    }

    /// Builds the server: loads its keys, or makes them if this is the first start.
    pub async fn build(self) -> Result<Server, Fault> {
        let Self { mut config, env, store, accounts, pages, outbound, master_keys } = self;
        let keyring = Keyring::load(store.as_ref(), &env, master_keys, &config).await?;
        let json = |what: &'static str, value: serde_json::Result<Vec<u8>>| {
            value.map(Bytes::from).map_err(|e| Fault::Corrupt { what, why: e.to_string() })
        };
        let accounts = match accounts {
            Some(accounts) => accounts,
            None => Arc::new(StoreAccounts::new(store.clone(), &config, &env)?),
        };
        if config.sign_up && !accounts.creates() {
            tracing::warn!("sign_up is set, but these accounts cannot be made here: nobody can sign up");
            config.sign_up = false;
        }
        let jwks_cached = HeaderValue::try_from(format!("public, max-age={}", config.jwks_max_age))
            .map_err(|e| Fault::Corrupt { what: "jwks_max_age", why: e.to_string() })?;
        let mut metadata = metadata::document(&config);
        metadata.ui_locales_supported = pages.locales().iter().map(|tag| (*tag).to_owned()).collect();
        let mut core = Core {
            own: Weak::new(),
            metadata: json("metadata", serde_json::to_vec(&metadata))?,
            check_session: frame(&cookie::state_name(&config)),
            clients: ClientDirectory::default(),
            sign_ups: Rate::default(),
            verified: Remembered::new(VERIFIED),
            jwks_cached,
            client_keys: ClientKeys::default(),
            request_uris: RequestUris::default(),
            throttle: Throttle::default(),
            registrations: Rate::default(),
            device_codes: DeviceRate::default(),
            user_code_tries: UserCodeTries::default(),
            config,
            env,
            store,
            accounts,
            pages,
            outbound,
            keyring,
        };
        let clients = core.store.clients().await?;
        warn_of_legacy_flows(&clients);
        protection::make_keys(&core, &clients).await?;
        let core = Arc::new_cyclic(|own| {
            core.own = own.clone();
            core
        });
        Ok(Server { core })
    }
}

impl Server {
    /// A server over a store, with everything else as it comes.
    pub async fn new(config: Config, env: Env, store: Arc<dyn Store>) -> Result<Self, Fault> {
        Self::builder(config, env, store).build().await
    }

    /// Begins a server over a store.
    pub fn builder(config: Config, env: Env, store: Arc<dyn Store>) -> ServerBuilder {
        let (pages, outbound) = (Arc::new(DefaultPages), Arc::new(Closed));
        let master_keys = MasterKeys::none();
        ServerBuilder { config, env, store, accounts: None, pages, outbound, master_keys }
    }

    /// The store it works on.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.core.store
    }

    /// The time and randomness it works with.
    pub fn env(&self) -> &Env {
        &self.core.env
    }

    /// How the keys of this server are changed while it runs.
    pub fn keys(&self) -> Lifecycle<'_> {
        self.core.keyring.lifecycle(self.core.store.as_ref(), &self.core.env)
    }

    /// Takes up keys that have changed in the store or with time. The first request in each second does that too, so that
    /// no node has to; a program that calls this every second spares its requests the wait.
    pub async fn follow_keys(&self) {
        self.core.keyring.follow(self.core.store.as_ref(), self.core.env.now()).await;
    }

    /// Does what is due: lets keys be followed by others (see [`Schedule`](crate::keys::Schedule)), and removes what can
    /// have no effect any more, in small batches. Call it every minute or so. Returns how many rows went.
    pub async fn sweep(&self) -> Result<usize, Fault> {
        const BATCH: usize = 500;
        let mut swept = self.core.keyring.tend(self.core.store.as_ref(), &self.core.env).await?;
        loop {
            let batch = self.core.store.sweep(BATCH, self.core.env.now()).await?;
            swept += batch;
            if batch < BATCH {
                return Ok(swept);
            }
        }
    }
}

/// Says once, at the start, which clients use flows that RFC 9700 advises against.
fn warn_of_legacy_flows(clients: &[Client]) {
    use hallpass_proto::token::{IMPLICIT, PASSWORD};
    for client in clients {
        if client.may_use_grant(IMPLICIT) {
            let client_id = client.client_id.as_str();
            tracing::warn!(
                client_id,
                "client may use the implicit flow: RFC 9700 section 2.1.2 advises against it, since access tokens \
                 leak through the browser"
            );
        }
        if client.may_use_grant(PASSWORD) {
            let client_id = client.client_id.as_str();
            tracing::warn!(
                client_id,
                "client may use the password grant: RFC 9700 section 2.4 forbids it to new systems, since the client \
                 sees the password"
            );
        }
        if !client.needs_pkce() {
            let client_id = client.client_id.as_str();
            tracing::warn!(
                client_id,
                "client need not use PKCE: RFC 9700 section 2.1.1 recommends it for every client"
            );
        }
    }
}
