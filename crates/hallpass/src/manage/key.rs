//! `hallpass key …`: the server's own keys in a live database.

use std::fmt::Write as _;
use std::sync::Arc;

use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_server::config::Config;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord, KeyState, Material};
use hallpass_server::keys::{Lifecycle, MasterKeys, Schedule, Unchanged};
use hallpass_server::store::Store;

use super::open;
use crate::cli::{AddKey, KeyCommand, OneKey, RotateKeys, Where};
use crate::config::{self, Master};
use crate::database::Database;
use crate::moment;
use crate::output::say;

/// Does one command.
pub(crate) async fn run(command: KeyCommand) -> Result<(), String> {
    let env = Env::system();
    match command {
        KeyCommand::List(place) => list(open(&place).await?.as_ref(), env.now()).await,
        KeyCommand::Rotate(options) => rotate(&Keys::open(&options.place).await?, &env, &options).await,
        KeyCommand::Add(AddKey { alg, place }) => {
            let keys = Keys::open(&place).await?;
            let key = keys.lifecycle(&env).add(KeyPurpose::Sign(alg)).await.map_err(told)?;
            say(&format!("{alg} {} is published, and signs from now on\n", key.kid));
            Ok(())
        }
        KeyCommand::Retire(OneKey { kid, place }) => {
            let keys = Keys::open(&place).await?;
            keys.lifecycle(&env).retire(&kid).await.map_err(told)?;
            let kept = keys.store.keys().await.map_err(|e| e.to_string())?;
            match kept.find(&kid).and_then(|key| key.ends_at) {
                Some(end) => {
                    say(&format!("{kid} signs no more, and is published until {}\n", moment::print(end)))
                }
                None => say(&format!("{kid} is not used any more\n")),
            }
            Ok(())
        }
        KeyCommand::Revoke(OneKey { kid, place }) => {
            let keys = Keys::open(&place).await?;
            let follows = keys.lifecycle(&env).revoke(&kid).await.map_err(told)?;
            say(&format!("{kid} is gone: nothing that it has signed or sealed is accepted any more\n"));
            if let Some(key) = follows {
                say(&format!("{} takes its place from now on ({})\n", key.kid, key.purpose));
            }
            Ok(())
        }
        KeyCommand::Rewrap(place) => {
            let keys = Keys::open(&place).await?;
            let Some(id) = keys.master_keys.id() else {
                return Err("[keys] gives no master key to seal under: see `master_key`".to_owned());
            };
            let rewrapped = keys.lifecycle(&env).rewrap().await.map_err(|e| e.to_string())?;
            say(&format!("{rewrapped} keys were not sealed under the master key {id}, and are now\n"));
            Ok(())
        }
    }
}

/// Everything that it takes to change keys, and to seal with them.
pub(super) struct Keys {
    store: Arc<dyn Store>,
    master_keys: MasterKeys,
    config: Config,
}

impl Keys {
    /// Opens the database, and sees that its keys can be opened: no command may seal beside what nobody can read.
    pub(super) async fn open(place: &Where) -> Result<Self, String> {
        let (location, config, master) = match &place.database {
            Some(argument) => (config::database::of_argument(argument)?, config::anywhere(), Master::None),
            None => config::keys_of(&place.config).map_err(|e| e.to_string())?,
        };
        let master_keys = master.keys().await.map_err(|e| e.to_string())?;
        let store = Database::open_existing(&location).await.map_err(|e| e.to_string())?.store();
        for key in &store.keys().await.map_err(|e| e.to_string())?.keys {
            master_keys.open(key).map_err(|e| e.to_string())?;
        }
        Ok(Self { store, master_keys, config })
    }

    /// Keys of a store that are not to be opened.
    pub(super) fn sealed_under_nothing(store: Arc<dyn Store>) -> Self {
        Self { store, master_keys: MasterKeys::none(), config: config::anywhere() }
    }

    /// How they are changed.
    pub(super) fn lifecycle<'a>(&'a self, env: &'a Env) -> Lifecycle<'a> {
        let schedule = Schedule::of(&self.config);
        Lifecycle { store: self.store.as_ref(), env, master_keys: &self.master_keys, schedule }
    }
}

async fn list(store: &dyn Store, now: Time) -> Result<(), String> {
    let mut out = String::new();
    let mut keys = store.keys().await.map_err(|e| e.to_string())?.keys;
    keys.sort_by(|a, b| (a.purpose, a.used_from, &a.kid).cmp(&(b.purpose, b.used_from, &b.kid)));
    for key in &keys {
        let _ = writeln!(out, "{}", line(key, now));
    }
    say(&out);
    Ok(())
}

/// The key's name, what it is for, where it stands and until when, and how it is kept.
fn line(key: &KeyRecord, now: Time) -> String {
    let until = |word: &str, time: Option<Time>| {
        time.map_or_else(String::new, |time| format!(" {word} {}", moment::print(time)))
    };
    let state = key.state(now);
    let times = match state {
        KeyState::Next => until("from", Some(key.used_from)),
        KeyState::Current => until("since", Some(key.used_from)) + &until("until", key.used_until),
        KeyState::Retiring => until("until", key.ends_at),
        KeyState::Ended => until("since", key.ends_at),
    };
    let kept = match &key.material {
        Material::Plain(_) => "not sealed".to_owned(),
        Material::Sealed { by, .. } => format!("sealed under {by}"),
    };
    format!("{:<43} {:<10} {state}{times}; {kept}", key.kid, key.purpose)
}

async fn rotate(keys: &Keys, env: &Env, options: &RotateKeys) -> Result<(), String> {
    let lifecycle = keys.lifecycle(env);
    let least = keys.config.jwks_max_age;
    let ahead = options.ahead.unwrap_or(lifecycle.schedule.publish_ahead);
    if ahead < least {
        return Err(format!(
            "--ahead must be {least} seconds at least: so long caches may keep the JWKS (jwks_max_age). Where a key \
             was lost, `hallpass key revoke` does not wait"
        ));
    }
    let held = keys.store.keys().await.map_err(|e| e.to_string())?;
    let signs = |key: &&KeyRecord| key.used_until.is_none() && matches!(key.purpose, KeyPurpose::Sign(_));
    let purposes: Vec<KeyPurpose> = match options.purposes.as_slice() {
        [] => held.keys.iter().filter(signs).map(|key| key.purpose).collect(),
        chosen => chosen.to_vec(),
    };
    // All or nothing, as far as that shows beforehand.
    for purpose in &purposes {
        if held.head(*purpose).is_none() {
            return Err(format!("there is no key to {purpose}: `hallpass key add` makes the first one"));
        }
        held.may_rotate(*purpose, env.now()).map_err(|e| e.to_string())?;
    }
    for purpose in purposes {
        let key = lifecycle.rotate(purpose, ahead).await.map_err(told)?;
        let from = moment::print(key.used_from);
        say(&format!("{} is published now, and is used to {purpose} from {from}\n", key.kid));
    }
    Ok(())
}

fn told(unchanged: Unchanged) -> String {
    unchanged.to_string()
}

/// `RS256`, or `seal`.
pub(crate) fn purpose(text: &str) -> Result<KeyPurpose, String> {
    if text == "seal" {
        return Ok(KeyPurpose::Seal);
    }
    alg(text).map(KeyPurpose::Sign).map_err(|why| format!("{why}, and not `seal`"))
}

/// An algorithm with a public key.
pub(crate) fn alg(text: &str) -> Result<SigningAlg, String> {
    let alg = text.parse::<SigningAlg>().map_err(|why| why.to_string())?;
    if alg.is_symmetric() {
        return Err(format!("{alg} has no public key to publish"));
    }
    Ok(alg)
}
