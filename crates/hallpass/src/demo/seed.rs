//! What the demo's database starts with: one person and five clients, one for each flow.

use serde_json::{Value, json};

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::redirect_uri::{RedirectUri, RedirectUriError};
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use hallpass_proto::token::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, IMPLICIT, PASSWORD, REFRESH_TOKEN};
use hallpass_proto::userinfo::Claims;
use hallpass_server::config::ScopeText;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::user::{User, normalise_login};
use hallpass_server::fault::Fault;
use hallpass_server::password::hash_password;
use hallpass_server::store::Store;

use super::Places;

/// The login of the demo's person.
pub(crate) const LOGIN: &str = "ada@example.com";
/// Her password.
pub(crate) const PASSWORD_OF_ADA: &str = "lovelace";

/// A client of the demo, as it is printed at the start.
pub(crate) struct DemoClient {
    pub(crate) client_id: &'static str,
    /// None for a public client.
    pub(crate) secret: Option<&'static str>,
    pub(crate) purpose: &'static str,
}

/// The clients.
pub(crate) const CLIENTS: [DemoClient; 5] = [WEB, SPA, SERVICE, LEGACY, FASTAPI];

/// Code and refresh.
pub(crate) const WEB: DemoClient = DemoClient {
    client_id: "demo-web",
    secret: Some("demo-web-secret"),
    purpose: "authorization code + refresh",
};
/// Code with PKCE, and implicit, from a browser.
pub(crate) const SPA: DemoClient =
    DemoClient { client_id: "demo-spa", secret: None, purpose: "code + PKCE in a browser, and implicit" };
/// Acts for itself.
pub(crate) const SERVICE: DemoClient = DemoClient {
    client_id: "demo-service",
    secret: Some("demo-service-secret"),
    purpose: "client credentials",
};
/// Asks people for their password.
pub(crate) const LEGACY: DemoClient = DemoClient {
    client_id: "demo-legacy",
    secret: Some("demo-legacy-secret"),
    purpose: "password + refresh",
};
/// The well-known tutorial's program, which sends no PKCE.
pub(crate) const FASTAPI: DemoClient = DemoClient {
    client_id: "fastapi",
    secret: Some("fastapi-secret"),
    purpose: "a FastAPI program on port 8100",
};

/// What the consent page says of the API's scopes.
pub(crate) fn scope_texts() -> Vec<ScopeText> {
    vec![
        ScopeText::new("items:read", "Read your items", "The demo API's list at /items."),
        ScopeText::new("items:write", "Add items for you", "New entries in the demo API's list."),
    ]
}

/// Why the demo's data cannot be put into the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error("a redirect URI of the demo is not valid: {0}")]
    RedirectUri(#[from] RedirectUriError),
    #[error("a scope of the demo is not valid: {0}")]
    Scope(#[from] hallpass_proto::scope::ScopeError),
}

/// Puts in what is missing. The person is left as she is; the clients follow the ports of this start.
pub(crate) async fn seed(store: &dyn Store, env: &Env, places: &Places) -> Result<(), SeedError> {
    let now = env.now();
    if store.user_by_login(&normalise_login(LOGIN)).await?.is_none() {
        store.put_user(&ada(env, now)?).await?;
    }
    for client in clients(places, now)? {
        store.put_client(&client).await?;
    }
    Ok(())
}

fn clients(places: &Places, now: Time) -> Result<Vec<Client>, SeedError> {
    let (app, api) = (&places.app, &places.api);
    let web = Client {
        client_name: "Demo web app".to_owned(),
        redirect_uris: uris(&[format!("{app}/callback")])?,
        post_logout_redirect_uris: uris(&[format!("{app}/")])?,
        grant_types: words(&[AUTHORIZATION_CODE, REFRESH_TOKEN]),
        response_types: vec![ResponseType::CODE],
        scope: "openid profile email address phone offline_access items:read items:write".parse::<Scope>()?,
        client_uri: Some(format!("{app}/")),
        backchannel_logout_uri: Some(format!("{app}/backchannel-logout")),
        backchannel_logout_session_required: true,
        ..base(&WEB, places, now)
    };
    let spa = Client {
        client_name: "Demo single-page app".to_owned(),
        // The API's docs page is a program in a browser too.
        redirect_uris: uris(&[format!("{app}/spa/callback"), format!("{api}/docs/oauth2-redirect")])?,
        post_logout_redirect_uris: uris(&[format!("{app}/spa")])?,
        grant_types: words(&[AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN]),
        response_types: vec![
            ResponseType::CODE,
            ResponseType::TOKEN,
            ResponseType::ID_TOKEN,
            ResponseType::ID_TOKEN_TOKEN,
        ],
        scope: "openid profile email offline_access items:read items:write".parse::<Scope>()?,
        client_uri: Some(format!("{app}/spa")),
        ..base(&SPA, places, now)
    };
    let service = Client {
        client_name: "Demo service".to_owned(),
        grant_types: words(&[CLIENT_CREDENTIALS]),
        scope: "items:read items:write".parse::<Scope>()?,
        ..base(&SERVICE, places, now)
    };
    let legacy = Client {
        client_name: "Demo legacy app".to_owned(),
        grant_types: words(&[PASSWORD, REFRESH_TOKEN]),
        scope: "openid profile email items:read items:write".parse::<Scope>()?,
        ..base(&LEGACY, places, now)
    };
    let fastapi = Client {
        client_name: "FastAPI tutorial".to_owned(),
        // That program puts its credentials into the form.
        token_endpoint_auth_method: AuthMethod::ClientSecretPost,
        redirect_uris: uris(&["http://localhost:8100/callback".to_owned()])?,
        post_logout_redirect_uris: uris(&["http://localhost:8100/".to_owned()])?,
        grant_types: words(&[AUTHORIZATION_CODE, REFRESH_TOKEN]),
        response_types: vec![ResponseType::CODE],
        scope: "openid profile email offline_access items:read".parse::<Scope>()?,
        require_pkce: false,
        ..base(&FASTAPI, places, now)
    };
    Ok(vec![web, spa, service, legacy, fastapi])
}

fn base(demo: &DemoClient, places: &Places, now: Time) -> Client {
    Client {
        client_secret: demo.secret.map(|secret| Secret::from(secret).digest()),
        token_endpoint_auth_method: match demo.secret {
            Some(_) => AuthMethod::ClientSecretBasic,
            None => AuthMethod::None,
        },
        grant_types: Vec::new(),
        response_types: Vec::new(),
        audience: vec![places.api.clone()],
        ..Client::new(demo.client_id, now)
    }
}

/// A person with every claim of OpenID Connect Core §5.1.
fn ada(env: &Env, now: Time) -> Result<User, Fault> {
    let claims = json!({
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "middle_name": "King",
        "nickname": "Ada",
        "preferred_username": "ada",
        "profile": "https://example.com/ada",
        "picture": "https://example.com/ada.png",
        "website": "https://example.com",
        "gender": "female",
        "birthdate": "1815-12-10",
        "zoneinfo": "Europe/London",
        "locale": "en-GB",
        "updated_at": now.unix(),
        "email": LOGIN,
        "email_verified": true,
        "address": {
            "formatted": "12 St James's Square\nLondon SW1Y 4JH\nUnited Kingdom",
            "street_address": "12 St James's Square",
            "locality": "London",
            "postal_code": "SW1Y 4JH",
            "country": "United Kingdom"
        },
        "phone_number": "+442079460000",
        "phone_number_verified": true
    });
    let claims = match claims {
        Value::Object(claims) => Claims(claims),
        _ => Claims::default(),
    };
    Ok(User {
        id: env.id(),
        logins: vec![normalise_login(LOGIN), "ada".to_owned()],
        password_hash: hash_password(&Secret::from(PASSWORD_OF_ADA), env)?,
        claims,
        status: Status::Active,
        created_at: now,
    })
}

fn uris(texts: &[String]) -> Result<Vec<RedirectUri>, RedirectUriError> {
    texts.iter().map(|text| RedirectUri::parse(text)).collect()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}
