//! The clients, the person and the session that both the servers and the load know.

use std::sync::Arc;

use hallpass_proto::client_secret::{AuthMethod, BasicCredentials};
use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::secret::Secret;
use hallpass_proto::token::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN};
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::session::Session;
use hallpass_server::entity::user::User;
use hallpass_server::store::Store;
use serde_json::json;

use crate::recording::Recording;
use crate::told;

/// The secret of both clients.
pub(crate) const SECRET: &str = "bench-secret-bench-secret-bench-secret-bench";
/// The service of the client credentials grant.
pub(crate) const SERVICE: &str = "service";
/// The web application of the code flow.
pub(crate) const WEB: &str = "web";
/// Where its codes go.
pub(crate) const REDIRECT_URI: &str = "https://web.example/cb";
/// `aud` of their access tokens.
pub(crate) const AUDIENCE: &str = "https://api.example";
/// The scope of the web application.
pub(crate) const SCOPE: &str = "openid profile offline_access";
/// RFC 7636 Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of [`VERIFIER`].
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The session cookie of the person who is signed in.
const COOKIE: &str = "bench-session-bench-session-bench-session-0";
/// The `sub` of the person.
pub(crate) const USER: &str = "user-of-the-bench";

/// The clients.
pub(crate) fn clients() -> Result<[Client; 2], String> {
    let at = Time::from_unix(0);
    let client = |id: &str| Client {
        client_name: id.to_owned(),
        client_secret: Some(Secret::from(SECRET).digest()),
        token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
        audience: vec![AUDIENCE.to_owned()],
        ..Client::new(id, at)
    };
    let service = Client {
        grant_types: vec![CLIENT_CREDENTIALS.to_owned()],
        response_types: Vec::new(),
        scope: "items:read".parse().map_err(told)?,
        ..client(SERVICE)
    };
    let web = Client {
        redirect_uris: vec![RedirectUri::parse(REDIRECT_URI).map_err(told)?],
        grant_types: vec![AUTHORIZATION_CODE.to_owned(), REFRESH_TOKEN.to_owned()],
        scope: SCOPE.parse().map_err(told)?,
        id_token_signed_response_alg: SigningAlg::Es256.into(),
        ..client(WEB)
    };
    Ok([service, web])
}

/// Puts the world into a store, with as many sessions more as are asked for.
pub(crate) async fn seed(store: Arc<dyn Store>, env: &Env, sessions: usize) -> Result<(), String> {
    let now = env.now();
    for client in clients()? {
        store.put_client(&client).await.map_err(told)?;
    }
    let user = User {
        id: USER.to_owned(),
        logins: vec!["bench@example.com".to_owned()],
        password_hash: Secret::from("none: nobody signs in"),
        claims: Claims(json!({"name": "Bench", "given_name": "B"}).as_object().cloned().unwrap_or_default()),
        status: Status::Active,
        created_at: now,
    };
    store.put_user(&user).await.map_err(told)?;
    store.start_session(&session(&Secret::from(COOKIE), env), None, now).await.map_err(told)?;
    let mut recording = Recording::new();
    for _ in 0..sessions {
        let (store, session) = (store.clone(), session(&env.token(), env));
        recording.record(async move { store.start_session(&session, None, now).await }).await?;
    }
    recording.end().await?;
    let consent = Consent {
        user_id: USER.to_owned(),
        client_id: WEB.to_owned(),
        scope: SCOPE.parse().map_err(told)?,
        claims: Default::default(),
        granted_at: now,
    };
    store.put_consent(&consent).await.map_err(told)
}

/// The headers of the browser that is signed in at a server of this port.
pub(crate) fn cookie(port: u16) -> String {
    format!("Cookie: hallpass_{port}_session={COOKIE}\r\n")
}

/// The header by which a client authenticates.
pub(crate) fn basic(client_id: &str) -> String {
    let credentials =
        BasicCredentials { client_id: client_id.to_owned(), client_secret: Secret::from(SECRET) };
    format!("Authorization: {}\r\n", credentials.header().expose())
}

fn session(cookie: &Secret, env: &Env) -> Session {
    let now = env.now();
    Session {
        digest: cookie.digest(),
        sid: env.id(),
        user_id: USER.to_owned(),
        auth_time: now,
        amr: vec!["pwd".to_owned()],
        seen_at: now,
        expires_at: now + 14 * 24 * 60 * 60,
    }
}
