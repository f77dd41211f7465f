//! Client registration by request and its management — RFC 7591, RFC 7592, OpenID Connect Registration.

mod manage;
mod metadata;
mod policy;
mod request;
mod statement;
mod token;

use axum::http::Method;
use serde_json::{Value, json};

use hallpass_server::config::Config;
use hallpass_server::register::policy::RegistrationAccess;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{Reply, TestIssuer};

/// The redirect URI of every client here.
pub(crate) const CB: &str = "https://new.example/cb";

/// A server where anybody may register a client, for any flow a browser takes.
pub(crate) async fn open() -> TestIssuer {
    open_with(|_| {}).await
}

/// The same with other settings.
pub(crate) async fn open_with(settings: impl FnOnce(&mut Config)) -> TestIssuer {
    TestIssuer::with(ISSUER, |config| {
        config.registration.access = RegistrationAccess::Open;
        config.registration.per_minute = 10_000;
        config.registration.grant_types.push("implicit".to_owned());
        settings(config);
    })
    .await
}

/// The metadata of a web application, with `more` in it.
pub(crate) fn app(more: Value) -> Value {
    let mut all = json!({"redirect_uris": [CB], "client_name": "New app"});
    let (Value::Object(all_members), Value::Object(more)) = (&mut all, more) else { panic!("objects") };
    all_members.extend(more);
    all
}

/// Registers, whatever comes of it.
pub(crate) async fn register(issuer: &TestIssuer, metadata: &Value) -> Reply {
    issuer.json(Method::POST, "/register", None, Some(metadata)).await
}

/// Registers, and reads what the server made of it.
pub(crate) async fn registered(issuer: &TestIssuer, metadata: &Value) -> Value {
    let reply = register(issuer, metadata).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()
}

/// A member that is text.
#[track_caller]
pub(crate) fn text<'a>(information: &'a Value, member: &str) -> &'a str {
    information[member].as_str().unwrap_or_else(|| panic!("no {member}: {information}"))
}
