//! What an exchange costs while the database grows: the same refreshes over 10⁴, 10⁵, 10⁶ (and 10⁷) refresh tokens.

use std::sync::Arc;

use hallpass_proto::env::Env;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::refresh::{RefreshState, RefreshToken};
use hallpass_server::store::{Grants as _, Issued};
use hallpass_store::sqlite::SqliteStore;
use serde_json::json;

use crate::measure::{Measured, Method};
use crate::process::{Folder, OF_SERVER, Process};
use crate::recording::Recording;
use crate::{told, world};

/// How many of the tokens are used.
const USED: usize = 10_000;

/// Measures refreshes over so many tokens; with the resident memory afterwards.
pub(crate) fn at(tokens: usize, method: Method) -> Result<(Measured, f64), String> {
    let folder = Folder::new("growth")?;
    let (database, list) = (folder.file("hallpass.db"), folder.file("tokens"));
    let runtime = tokio::runtime::Runtime::new().map_err(told)?;
    let used = runtime.block_on(fill(&database, tokens))?;
    drop(runtime);
    std::fs::write(&list, used.join("\n")).map_err(told)?;
    let server = Process::start(OF_SERVER, &["serve", &database])?;
    let measured = method.measure(&server, &format!("refresh:{list}"))?;
    Ok((measured, server.resident()?))
}

/// Records the tokens, and gives those that will be used: spread over all of them.
async fn fill(database: &str, tokens: usize) -> Result<Vec<String>, String> {
    let store = Arc::new(SqliteStore::open(database).map_err(told)?);
    let env = Env::system();
    world::seed(store.clone(), &env, 0).await?;
    let every = (tokens / USED).max(1);
    let mut used = Vec::new();
    let mut recording = Recording::new();
    for number in 0..tokens {
        let secret = env.token();
        if number % every == 0 {
            used.push(secret.expose().clone());
        }
        let (grant, issued) = (grant(&env)?, issued(&env, &secret));
        let store = store.clone();
        recording.record(async move { store.record_grant(&grant, &issued).await }).await?;
    }
    recording.end().await?;
    store.close();
    Ok(used)
}

fn issued(env: &Env, secret: &Secret) -> Issued {
    let now = env.now();
    let refresh = RefreshToken {
        digest: secret.digest(),
        grant_id: String::new(),
        issued_at: now,
        expires_at: now + 30 * 24 * 60 * 60,
        state: RefreshState::Current,
    };
    Issued { refresh: Some(refresh) }
}

/// As an engine reads one.
fn grant(env: &Env) -> Result<Grant, String> {
    let now = env.now();
    let grant = json!({
        "id": env.id(), "client_id": world::WEB, "user_id": world::USER, "scope": world::SCOPE,
        "audience": [world::AUDIENCE], "auth_time": now, "amr": ["pwd"], "sid": null, "offline": true,
        "created_at": now, "expires_at": now + 365 * 24 * 60 * 60, "revoked_at": null,
    });
    serde_json::from_value(grant).map_err(told)
}
