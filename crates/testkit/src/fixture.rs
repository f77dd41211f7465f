//! People and clients that tests begin with.

use std::sync::OnceLock;

use serde_json::{Value, json};

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use hallpass_proto::token::{
    AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, IMPLICIT, PASSWORD, REFRESH_TOKEN,
};
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord};
use hallpass_server::entity::user::User;
use hallpass_server::password::hash_password;

use crate::clock::START;

/// The secret of every confidential client here.
pub const SECRET: &str = "a-secret-of-forty-three-characters-0123456789";
/// The password of everybody here.
pub const PASSWORD_OF_ALL: &str = "correct horse battery staple";
/// `aud` of the access tokens of every client here.
pub const API: &str = "https://api.example";

/// A confidential web application: code and refresh, by `client_secret_basic`.
pub fn web() -> Client {
    Client {
        redirect_uris: uris(&["https://web.example/cb", "https://web.example/other?tenant=1"]),
        post_logout_redirect_uris: uris(&["https://web.example/bye"]),
        grant_types: words(&[AUTHORIZATION_CODE, REFRESH_TOKEN]),
        response_types: vec![ResponseType::CODE],
        scope: scope("openid profile email address phone offline_access items:read items:write"),
        ..client("web", AuthMethod::ClientSecretBasic)
    }
}

/// Another one, that must not get anything that is the first one's.
pub fn other() -> Client {
    Client {
        client_id: "other".to_owned(),
        client_name: "Other app".to_owned(),
        redirect_uris: uris(&["https://other.example/cb"]),
        ..web()
    }
}

/// A public single-page application: code with PKCE and rotated refresh tokens, and the implicit flow.
pub fn spa() -> Client {
    Client {
        redirect_uris: uris(&["https://spa.example/cb"]),
        grant_types: words(&[AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN]),
        response_types: vec![
            ResponseType::CODE,
            ResponseType::TOKEN,
            ResponseType::ID_TOKEN,
            ResponseType::ID_TOKEN_TOKEN,
        ],
        scope: scope("openid profile email offline_access items:read"),
        ..client("spa", AuthMethod::None)
    }
}

/// A confidential web application of every hybrid flow, and of the others too.
pub fn hybrid() -> Client {
    Client {
        redirect_uris: uris(&["https://hybrid.example/cb"]),
        grant_types: words(&[AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN]),
        response_types: ResponseType::ALL.to_vec(),
        scope: scope("openid profile email address phone offline_access items:read items:write"),
        ..client("hybrid", AuthMethod::ClientSecretBasic)
    }
}

/// A public native app with a loopback redirect URI.
pub fn native() -> Client {
    Client {
        redirect_uris: uris(&["http://127.0.0.1/cb"]),
        grant_types: words(&[AUTHORIZATION_CODE, REFRESH_TOKEN]),
        response_types: vec![ResponseType::CODE],
        scope: scope("openid profile offline_access"),
        ..client("native", AuthMethod::None)
    }
}

/// A service that acts for itself.
pub fn service() -> Client {
    Client {
        grant_types: words(&[CLIENT_CREDENTIALS]),
        scope: scope("items:read items:write"),
        ..client("service", AuthMethod::ClientSecretBasic)
    }
}

/// A client of the password grant, by `client_secret_post`.
pub fn legacy() -> Client {
    Client {
        grant_types: words(&[PASSWORD, REFRESH_TOKEN]),
        scope: scope("openid profile items:read"),
        ..client("legacy", AuthMethod::ClientSecretPost)
    }
}

/// A confidential client that need not use PKCE.
pub fn old() -> Client {
    Client {
        redirect_uris: uris(&["https://old.example/cb"]),
        grant_types: words(&[AUTHORIZATION_CODE]),
        response_types: vec![ResponseType::CODE],
        scope: scope("openid items:read"),
        require_pkce: false,
        ..client("old", AuthMethod::ClientSecretPost)
    }
}

/// A confidential web application that authenticates by `private_key_jwt`, with [`client_key`].
pub fn keyed() -> Client {
    Client {
        client_id: "keyed".to_owned(),
        redirect_uris: uris(&["https://keyed.example/cb"]),
        client_secret: None,
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks: client_key().public_jwk().map(|jwk| JwkSet { keys: vec![jwk.clone()] }),
        ..web()
    }
}

/// A confidential web application that authenticates by `client_secret_jwt`.
pub fn hmac() -> Client {
    Client {
        client_id: "hmac".to_owned(),
        redirect_uris: uris(&["https://hmac.example/cb"]),
        token_endpoint_auth_method: AuthMethod::ClientSecretJwt,
        ..web()
    }
}

/// The key of the client [`keyed`]: ES256, made once per process.
///
/// # Panics
/// When it cannot be made.
pub fn client_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SigningAlg::Es256).expect("a key"))
}

/// A public app on a television: the device flow, and refresh.
pub fn tv() -> Client {
    Client {
        grant_types: words(&[DEVICE_CODE, REFRESH_TOKEN]),
        response_types: Vec::new(),
        scope: scope("openid profile offline_access items:read"),
        ..client("tv", AuthMethod::None)
    }
}

/// A confidential client on a device, without refresh.
pub fn kiosk() -> Client {
    Client {
        grant_types: words(&[DEVICE_CODE]),
        response_types: Vec::new(),
        scope: scope("openid items:read items:write"),
        ..client("kiosk", AuthMethod::ClientSecretBasic)
    }
}

/// Every client above.
pub fn clients() -> Vec<Client> {
    vec![
        web(),
        other(),
        spa(),
        hybrid(),
        native(),
        service(),
        legacy(),
        old(),
        keyed(),
        hmac(),
        tv(),
        kiosk(),
    ]
}

/// Signing keys, made once per process: a new RSA key for every test would take longer than the tests.
///
/// # Panics
/// When a key cannot be made.
pub fn signing_keys() -> &'static [KeyRecord] {
    static KEYS: OnceLock<Vec<KeyRecord>> = OnceLock::new();
    KEYS.get_or_init(|| [SigningAlg::Rs256, SigningAlg::Es256].map(signing_key).to_vec())
}

fn signing_key(alg: SigningAlg) -> KeyRecord {
    let key = SigningKey::generate(alg).expect("a key");
    let material = key.to_pkcs8().expect("PKCS#8");
    KeyRecord::new(key.kid().to_owned(), KeyPurpose::Sign(alg), material, START)
}

/// A person with a profile: signs in as `ada@example.com` or `ada`.
///
/// # Panics
/// When the password cannot be hashed.
pub fn ada(env: &Env) -> User {
    user(env, "user-ada", &["ada@example.com", "ada"], "Ada Lovelace")
}

/// Another one: signs in as `grace@example.com`.
///
/// # Panics
/// When the password cannot be hashed.
pub fn grace(env: &Env) -> User {
    user(env, "user-grace", &["grace@example.com"], "Grace Hopper")
}

fn user(env: &Env, id: &str, logins: &[&str], name: &str) -> User {
    let (given_name, family_name) = name.split_once(' ').expect("two names");
    let claims = json!({
        "name": name, "given_name": given_name, "family_name": family_name, "middle_name": "Q.",
        "nickname": given_name, "preferred_username": given_name.to_lowercase(),
        "profile": "https://people.example/profile", "picture": "https://people.example/picture.png",
        "website": "https://people.example/", "gender": "female", "birthdate": "1815-12-10",
        "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": 1_700_000_000,
        "email": logins[0], "email_verified": true,
        "address": {
            "formatted": "12 St James's Square\nLondon SW1Y 4JH\nUnited Kingdom", "country": "United Kingdom",
            "street_address": "12 St James's Square", "locality": "London", "postal_code": "SW1Y 4JH",
        },
        "phone_number": "+442079460000", "phone_number_verified": true,
    });
    // Once per process: hashing is slow on purpose.
    static HASH: OnceLock<Secret> = OnceLock::new();
    let hash = || hash_password(&Secret::from(PASSWORD_OF_ALL), env).expect("hashes");
    let Value::Object(claims) = claims else { unreachable!("json! of braces is an object") };
    User {
        id: id.to_owned(),
        logins: words(logins),
        password_hash: HASH.get_or_init(hash).clone(),
        claims: Claims(claims),
        status: Status::Active,
        created_at: START,
    }
}

fn client(client_id: &str, method: AuthMethod) -> Client {
    Client {
        client_name: format!("The {client_id} app"),
        client_secret: (method != AuthMethod::None).then(|| Secret::from(SECRET).digest()),
        token_endpoint_auth_method: method,
        grant_types: Vec::new(),
        response_types: Vec::new(),
        audience: vec![API.to_owned()],
        ..Client::new(client_id, Time::from_unix(0))
    }
}

fn uris(texts: &[&str]) -> Vec<RedirectUri> {
    texts.iter().map(|text| RedirectUri::parse(text).expect("a redirect URI")).collect()
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}
