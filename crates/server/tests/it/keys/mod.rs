//! The life of the server's own keys.

mod at_rest;
mod revocation;
mod rotation;
mod schedule;

use std::collections::BTreeSet;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::CompactJws;
use hallpass_server::entity::key::{KeyPurpose, KeyRecord};
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{TestIssuer, Tokens};

const ES256: KeyPurpose = KeyPurpose::Sign(SigningAlg::Es256);
const DAY: i64 = 24 * 60 * 60;

/// The `kid`s of the JWKS.
async fn published(issuer: &TestIssuer) -> BTreeSet<String> {
    let json = issuer.get("/jwks").await.json();
    let keys = json["keys"].as_array().expect("an array");
    let kids = keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned());
    let set: BTreeSet<String> = kids.collect();
    assert_eq!(set.len(), keys.len(), "a kid names one key");
    set
}

/// An access token.
async fn token(issuer: &TestIssuer) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "items:read")];
    let reply = issuer.post("/token", Some(&basic("service", SECRET)), &form).await;
    Tokens::of(&reply).access_token
}

fn kid_of(token: &str) -> String {
    CompactJws::parse(token).expect("a token").header().kid.clone().expect("a kid")
}

/// Which key signs access tokens.
async fn signs(issuer: &TestIssuer) -> String {
    kid_of(&token(issuer).await)
}

async fn head(issuer: &TestIssuer, purpose: KeyPurpose) -> KeyRecord {
    issuer.store.keys().await.expect("the store works").head(purpose).expect("a key").clone()
}
