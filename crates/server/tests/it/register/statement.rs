//! Software statements — RFC 7591 §2.3.

use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::sign_claims;
use hallpass_server::register::policy::{SoftwareStatements, StatementIssuer, StatementKeys};
use hallpass_testkit::TestIssuer;
use hallpass_testkit::issuer::ISSUER;

use super::{CB, app, open, open_with, register, registered};

const VOUCHER: &str = "https://vouch.example";
const KEYS: &str = "https://vouch.example/jwks";

fn key() -> SigningKey {
    SigningKey::generate(SigningAlg::Es256).expect("a key")
}

fn set(key: &SigningKey) -> JwkSet {
    JwkSet { keys: vec![key.public_jwk().expect("a public half").clone()] }
}

async fn trusting(keys: StatementKeys) -> TestIssuer {
    open_with(|config| {
        config.registration.statement_issuers = vec![StatementIssuer { issuer: VOUCHER.to_owned(), keys }];
    })
    .await
}

fn statement(key: &SigningKey, claims: &Value) -> String {
    sign_claims(key, None, claims).expect("signed")
}

/// §2.3: what is vouched for "MUST take precedence", and the statement comes back as it was.
#[tokio::test]
async fn what_is_vouched_for_wins() {
    let key = key();
    let issuer = trusting(StatementKeys::Given(set(&key))).await;
    let vouched = statement(
        &key,
        &json!({
            "iss": VOUCHER, "client_name": "Vouched", "redirect_uris": [CB], "software_id": "s-1",
        }),
    );
    let given = json!({
        "client_name": "My own", "redirect_uris": ["https://evil.example/cb"],
        "policy_uri": "https://new.example/policy", "software_statement": vouched,
        "client_name#de": "Meine Bank", "policy_uri#de": "https://new.example/de",
    });

    let told = registered(&issuer, &given).await;

    assert_eq!((&told["client_name"], &told["redirect_uris"]), (&json!("Vouched"), &json!([CB])));
    assert_eq!(
        (&told["software_id"], &told["policy_uri"]),
        (&json!("s-1"), &json!("https://new.example/policy"))
    );
    assert_eq!(told["software_statement"], vouched.as_str());
    assert_eq!(told.get("client_name#de"), None, "nobody vouches for it");
    assert_eq!(told["policy_uri#de"], "https://new.example/de");
}

/// security.md 61: what nobody vouches for does not count, whoever it says it is from.
#[tokio::test]
async fn a_statement_that_is_not_the_issuers_is_refused() {
    let (key, other) = (key(), key());
    let issuer = trusting(StatementKeys::Given(set(&key))).await;
    let now = issuer.now().unix();
    let claims = json!({"iss": VOUCHER, "client_name": "Vouched"});
    let good = statement(&key, &claims);
    let cut: String = good.chars().take(good.len() - 8).collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).expect("a payload"));
    let with = |more: Value| {
        let mut claims = claims.clone();
        let (Value::Object(claims), Value::Object(more)) = (&mut claims, more) else { panic!("objects") };
        claims.extend(more);
        statement(&key, &Value::Object(claims.clone()))
    };
    for bad in [
        statement(&other, &claims),
        cut,
        unsigned,
        "not a statement".to_owned(),
        statement(&key, &json!({"client_name": "Vouched"})),
        with(json!({"exp": now - 61})),
        with(json!({"exp": "soon"})),
        with(json!({"nbf": now + 61})),
        with(json!({"aud": "https://other.example"})),
        with(json!({"aud": []})),
        with(json!({"aud": 7})),
    ] {
        let reply = register(&issuer, &app(json!({"software_statement": bad}))).await;
        reply.assert_refused(400, "invalid_software_statement");
    }
    for stranger in ["https://vouch.example/", "https://evil.example"] {
        let foreign = statement(&key, &json!({"iss": stranger, "client_name": "Vouched"}));
        let reply = register(&issuer, &app(json!({"software_statement": foreign}))).await;
        reply.assert_refused(400, "unapproved_software_statement");
    }
    for fine in [
        with(json!({"aud": ["https://other.example", ISSUER]})),
        with(json!({"exp": now + 1})),
        with(json!({"nbf": now, "iat": now - 9})),
    ] {
        registered(&issuer, &app(json!({"software_statement": fine}))).await;
    }
    // Where nobody is trusted, nobody is.
    let reply = register(&open().await, &app(json!({"software_statement": good}))).await;
    reply.assert_refused(400, "unapproved_software_statement");
}

/// What is vouched for is held to the same rules.
#[tokio::test]
async fn a_vouched_client_breaks_no_rule() {
    let key = key();
    let issuer = trusting(StatementKeys::Given(set(&key))).await;
    for (claims, error) in [
        (json!({"iss": VOUCHER, "redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"iss": VOUCHER, "grant_types": ["password"]}), "invalid_client_metadata"),
        (json!({"iss": VOUCHER, "redirect_uris": CB}), "invalid_client_metadata"),
    ] {
        let given = app(json!({"software_statement": statement(&key, &claims)}));
        register(&issuer, &given).await.assert_refused(400, error);
    }
}

/// The keys may be where the issuer publishes them; they are fetched when a statement of theirs comes.
#[tokio::test]
async fn the_keys_of_an_issuer_are_fetched() {
    let key = key();
    let issuer = trusting(StatementKeys::At(KEYS.to_owned())).await;
    let given = app(json!({"software_statement": statement(&key, &json!({"iss": VOUCHER}))}));

    register(&issuer, &given).await.assert_refused(503, "temporarily_unavailable");
    issuer.web.json(KEYS, &serde_json::to_value(set(&key)).expect("prints"));
    registered(&issuer, &given).await;

    let foreign = app(json!({"software_statement": statement(&key, &json!({"iss": "https://a.example"}))}));
    register(&issuer, &foreign).await.assert_refused(400, "unapproved_software_statement");
    assert_eq!(issuer.web.requests(KEYS).len(), 2, "nothing is fetched for a stranger's statement");
}

#[tokio::test]
async fn an_operator_may_want_somebody_to_vouch() {
    let issuer =
        open_with(|config| config.registration.software_statement = SoftwareStatements::Required).await;
    let reply = register(&issuer, &app(json!({}))).await;
    reply.assert_refused(400, "invalid_client_metadata");
    assert!(reply.body.contains("software_statement is missing"), "{}", reply.body);
}
