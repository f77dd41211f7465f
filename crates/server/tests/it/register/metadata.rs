//! What can be registered — RFC 7591 §2, OpenID Connect Registration §2, and the logout specs.

use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_testkit::TestIssuer;

use super::{CB, app, open, open_with, register, registered};

async fn refused(issuer: &TestIssuer, metadata: &Value, error: &str, told: &str) {
    let reply = register(issuer, metadata).await;
    reply.assert_refused(400, error);
    let description = reply.json()["error_description"].as_str().expect("a sentence").to_owned();
    assert!(description.contains(told), "{metadata}: {description}");
}

fn key() -> Value {
    let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
    serde_json::to_value(key.public_jwk().expect("a public half")).expect("prints")
}

/// security.md 3, 61: what may not be a redirect URI of anybody, and how many there may be.
#[tokio::test]
async fn redirect_uris_that_cannot_be_registered() {
    let issuer = open().await;
    for uri in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "https://new.example/cb#fragment",
        "https://new.example/cb#",
        "/cb",
        "new.example/cb",
        "https://*.example/cb",
        "https://new.example/a/../cb",
        "https://new.example/\u{1}cb",
        "https://new.example/\ncb",
        "https://good.example@evil.example/cb",
        "http://new.example/cb",
        "",
    ] {
        let metadata = json!({"redirect_uris": [CB, uri]});
        refused(&issuer, &metadata, "invalid_redirect_uri", "redirect_uris").await;
    }
    let long = format!("https://new.example/{}", "a".repeat(2048));
    refused(&issuer, &json!({"redirect_uris": [long]}), "invalid_redirect_uri", "2048 bytes").await;
    let many: Vec<String> = (0..21).map(|i| format!("https://new.example/{i}")).collect();
    refused(&issuer, &json!({"redirect_uris": many}), "invalid_redirect_uri", "more than 20 values").await;
    refused(&issuer, &json!({"redirect_uris": []}), "invalid_redirect_uri", "is empty").await;
    refused(&issuer, &json!({}), "invalid_redirect_uri", "is empty").await;
}

/// OpenID Connect Registration §2, `application_type`.
#[tokio::test]
async fn redirect_uris_are_those_of_the_application_type() {
    let issuer = open().await;
    let implicit = json!(["id_token"]);
    for (metadata, told) in [
        (json!({"redirect_uris": ["com.example.app:/cb"]}), "application_type native"),
        (json!({"redirect_uris": ["http://localhost/cb"], "response_types": implicit}), "on this machine"),
        (json!({"redirect_uris": ["https://localhost/cb"], "response_types": implicit}), "on this machine"),
        (json!({"redirect_uris": ["http://127.0.0.1/cb"], "response_types": implicit}), "on this machine"),
    ] {
        refused(&issuer, &metadata, "invalid_redirect_uri", told).await;
    }
    for uri in
        ["com.example.app:/cb", "http://127.0.0.1/cb", "http://localhost:4711/cb", "https://new.example/app"]
    {
        registered(&issuer, &json!({"redirect_uris": [uri], "application_type": "native"})).await;
    }
    registered(&issuer, &json!({"redirect_uris": ["http://localhost:8000/cb"]})).await;
    refused(&issuer, &app(json!({"application_type": "desktop"})), "invalid_client_metadata", "web, native")
        .await;
}

/// RFC 7591 §2.1: each list follows from the other where it is left out, and they never contradict each other.
#[tokio::test]
async fn grant_types_and_response_types_go_together() {
    let issuer = open().await;
    for (given, grants, types) in [
        (json!({}), json!(["authorization_code"]), json!(["code"])),
        (json!({"response_types": ["id_token token"]}), json!(["implicit"]), json!(["id_token token"])),
        (
            json!({"response_types": ["code id_token"]}),
            json!(["authorization_code", "implicit"]),
            json!(["code id_token"]),
        ),
        (
            json!({"grant_types": ["authorization_code", "refresh_token"]}),
            json!(["authorization_code", "refresh_token"]),
            json!(["code"]),
        ),
    ] {
        let told = registered(&issuer, &app(given)).await;
        assert_eq!((&told["grant_types"], &told["response_types"]), (&grants, &types));
    }
    for (given, told) in [
        (
            json!({"grant_types": ["implicit"], "response_types": ["code"]}),
            "without the grant type authorization_code",
        ),
        (
            json!({"grant_types": ["authorization_code"], "response_types": ["id_token"]}),
            "without the grant type implicit",
        ),
        (
            json!({"grant_types": ["authorization_code"], "response_types": ["code token"]}),
            "without the grant type implicit",
        ),
        (json!({"response_types": ["device"]}), "is not a response type"),
        (json!({"grant_types": ["authorization_code", "magic"]}), "is not one of"),
    ] {
        refused(&issuer, &app(given), "invalid_client_metadata", told).await;
    }
}

/// security.md 57: an algorithm or method that the metadata does not offer cannot be registered; one that it offers can.
#[tokio::test]
async fn only_what_the_server_offers_can_be_registered() {
    let issuer = open().await;
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    let offered = |member: &str| -> Vec<String> {
        metadata.get(member).map_or_else(Vec::new, |list| {
            list.as_array()
                .expect("a list")
                .iter()
                .map(|word| word.as_str().expect("text").to_owned())
                .collect()
        })
    };
    let keys = json!({"keys": [key()]});
    for (member, list) in [
        ("id_token_signed_response_alg", "id_token_signing_alg_values_supported"),
        ("userinfo_signed_response_alg", "userinfo_signing_alg_values_supported"),
        ("request_object_signing_alg", "request_object_signing_alg_values_supported"),
        ("id_token_encrypted_response_alg", "id_token_encryption_alg_values_supported"),
        ("userinfo_encrypted_response_alg", "userinfo_encryption_alg_values_supported"),
        ("request_object_encryption_alg", "request_object_encryption_alg_values_supported"),
        ("token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
        ("subject_type", "subject_types_supported"),
    ] {
        for value in offered(list) {
            let told = registered(&issuer, &app(json!({member: value, "jwks": keys}))).await;
            // `none` for UserInfo is JSON as it is without any.
            let plain = member == "userinfo_signed_response_alg" && value == "none";
            assert!(plain || told[member] == value.as_str(), "{member} {value}: {told}");
        }
        for unknown in ["RS1", "HS1", "RSA1_5", "PBES2-HS256+A128KW", "rs256", "tls_client_auth", "magic", ""]
        {
            assert!(!offered(list).iter().any(|word| word == unknown));
            refused(
                &issuer,
                &app(json!({member: unknown, "jwks": keys})),
                "invalid_client_metadata",
                "is not one of",
            )
            .await;
        }
    }
    for enc in ["id_token_encrypted_response", "userinfo_encrypted_response", "request_object_encryption"] {
        let member = format!("{enc}_enc");
        refused(&issuer, &app(json!({member: "A128GCM"})), "invalid_client_metadata", "is given without")
            .await;
    }
}

/// security.md 57: an unsigned ID token is never for the front channel, whoever asks for it.
#[tokio::test]
async fn unsigned_id_tokens_do_not_go_through_a_browser() {
    let issuer = open().await;
    for response_type in ["id_token", "code id_token", "id_token token"] {
        let given = json!({"response_types": [response_type], "id_token_signed_response_alg": "none"});
        let reply = register(&issuer, &app(given)).await;
        reply.assert_refused(400, "invalid_client_metadata");
    }
}

/// security.md 53: keys that are weak, private or malformed; RFC 7591 §2: one way to give them.
#[tokio::test]
async fn keys_are_looked_at() {
    let issuer = open().await;
    let mut private = key();
    private["d"] = json!("AA");
    let off_curve = json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)});
    for (jwks, told) in [
        (json!({"keys": [{"kty": "RSA", "n": "wQ", "e": "AQAB"}]}), "2048 to 8192"),
        (json!({"keys": [key(), {"kty": "RSA", "n": "wQ", "e": "AQ"}]}), "key 2"),
        (json!({"keys": [off_curve]}), "not a usable point"),
        (json!({"keys": [private]}), "private member"),
        (json!({"keys": [{"kty": "oct", "k": "AA"}]}), "private member"),
        (json!({"keys": []}), "there is no"),
        (json!({}), "array named keys"),
        (json!({"keys": vec![key(); 21]}), "more than 20"),
    ] {
        refused(&issuer, &app(json!({"jwks": jwks})), "invalid_client_metadata", told).await;
    }
    let both = json!({"jwks": {"keys": [key()]}, "jwks_uri": "https://new.example/jwks"});
    refused(&issuer, &app(both), "invalid_client_metadata", "both given").await;
    let kept = registered(&issuer, &app(json!({"jwks": {"keys": [key()]}}))).await;
    assert_eq!(kept["jwks"]["keys"][0]["kty"], "EC");
}

/// What people are sent to and what the server fetches is https, and of the client's own host where the specs say so.
#[tokio::test]
async fn addresses_are_of_the_web() {
    let issuer = open().await;
    for member in ["client_uri", "policy_uri", "tos_uri", "logo_uri", "policy_uri#de"] {
        for bad in [
            "javascript:alert(1)",
            "data:image/png,x",
            "ftp://new.example/",
            "/page",
            "https:new.example",
            "http://new.example/",
            "https://a@new.example/",
            "https://new.example/ü",
        ] {
            let told = member.split('#').next().expect("a name");
            refused(&issuer, &app(json!({member: bad})), "invalid_client_metadata", told).await;
        }
        registered(&issuer, &app(json!({member: "https://new.example/page"}))).await;
    }
    refused(&issuer, &app(json!({"logo_uri": "http://localhost/l.png"})), "invalid_client_metadata", "https")
        .await;
    for member in ["jwks_uri", "initiate_login_uri", "sector_identifier_uri", "backchannel_logout_uri"] {
        for bad in ["http://new.example/x", "new.example/x", "file:///etc/passwd", ""] {
            refused(&issuer, &app(json!({member: bad})), "invalid_client_metadata", member).await;
        }
    }
    for (member, bad, told) in [
        ("jwks_uri", json!("https://new.example/x#f"), "fragment"),
        ("backchannel_logout_uri", json!("https://new.example/x#f"), "fragment"),
        ("frontchannel_logout_uri", json!("https://new.example/x#f"), "fragment"),
        ("frontchannel_logout_uri", json!("https://other.example/x"), "scheme, host and port"),
        ("frontchannel_logout_uri", json!("https://new.example:8443/x"), "scheme, host and port"),
        ("request_uris", json!(["https://new.example/r", "http://new.example/r"]), "request_uris"),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"]), "post_logout_redirect_uris"),
        ("default_max_age", json!(-1), "0 or more"),
        ("scope", json!("a\"b"), "scope"),
    ] {
        refused(&issuer, &app(json!({member: bad})), "invalid_client_metadata", told).await;
    }
    let good = json!({
        "frontchannel_logout_uri": "https://new.example/front", "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://new.example/back", "backchannel_logout_session_required": true,
        "request_uris": ["https://new.example/r#digest"], "default_max_age": 60, "require_auth_time": true,
        "default_acr_values": ["urn:x"], "post_logout_redirect_uris": ["https://new.example/bye"],
        "contacts": ["ada@new.example"], "software_id": "s", "software_version": "1",
    });
    let told = registered(&issuer, &app(good.clone())).await;
    for (member, value) in good.as_object().expect("an object") {
        assert_eq!(told[member], *value, "{member}");
    }
}

/// OpenID Connect Core §8.1: whose pairwise subjects belong together is never guessed.
#[tokio::test]
async fn pairwise_subjects_of_several_hosts_need_a_sector() {
    let issuer = open().await;
    let two = json!(["https://a.example/cb", "https://b.example/cb"]);
    let given = json!({"redirect_uris": two, "subject_type": "pairwise"});
    refused(&issuer, &given, "invalid_client_metadata", "several hosts").await;
    registered(&issuer, &app(json!({"subject_type": "pairwise"}))).await;
    issuer.web.json("https://a.example/sector", &two);
    let with = json!({
        "redirect_uris": two, "subject_type": "pairwise", "sector_identifier_uri": "https://a.example/sector",
    });
    registered(&issuer, &with).await;
}

/// security.md 56: where no redirect URI says whose a client is, its keys in the sector document do.
#[tokio::test]
async fn a_pairwise_client_of_the_device_grant_shows_its_sector() {
    const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    const SECTOR: &str = "https://other.example/sector";
    const KEYS: &str = "https://tv.example/jwks";
    let issuer = open_with(|config| config.registration.grant_types.push(DEVICE.to_owned())).await;
    issuer.web.json(SECTOR, &json!([CB]));
    let by_keys = |more: Value| {
        let mut all = json!({
            "grant_types": [DEVICE], "response_types": [], "subject_type": "pairwise", "jwks_uri": KEYS,
            "token_endpoint_auth_method": "private_key_jwt",
        });
        let (Value::Object(all), Value::Object(more)) = (&mut all, more) else { panic!("objects") };
        all.extend(more);
        Value::Object(all.clone())
    };
    for (given, told) in [
        (json!({}), "subject_type"),
        (json!({"redirect_uris": [CB]}), "needs no redirect URI"),
        (json!({"sector_identifier_uri": SECTOR}), "does not hold the jwks_uri"),
        (json!({"redirect_uris": [CB], "sector_identifier_uri": SECTOR}), "does not hold the jwks_uri"),
    ] {
        refused(&issuer, &by_keys(given), "invalid_client_metadata", told).await;
    }
    issuer.web.json(SECTOR, &json!([CB, KEYS]));
    let by_secret =
        json!({"sector_identifier_uri": SECTOR, "token_endpoint_auth_method": "client_secret_basic"});
    refused(&issuer, &by_keys(by_secret), "invalid_client_metadata", "needs no redirect URI").await;
    registered(&issuer, &by_keys(json!({"sector_identifier_uri": SECTOR}))).await;
}

/// security.md 25: what a person reads is the name that was registered.
#[tokio::test]
async fn a_name_does_not_disguise_itself() {
    let issuer = open().await;
    for name in [
        "Bank\u{202e}gnikcah",
        "Bank\u{2066}x",
        "Bank\n\nAllow",
        "\u{0}",
        "\u{85}",
        "a\u{2028}b",
        "Ba\u{200b}nk",
        "Bank\u{200f}",
        "\u{61c}Bank",
        "Ba\u{2060}nk",
        "\u{feff}Bank",
    ] {
        for member in ["client_name", "client_name#de"] {
            refused(&issuer, &app(json!({member: name})), "invalid_client_metadata", "client_name holds")
                .await;
        }
    }
    for name in ["Überweisung", "银行", "بنك", "Bank (test) – 2"] {
        assert_eq!(registered(&issuer, &app(json!({"client_name": name}))).await["client_name"], name);
    }
}

/// security.md 61: what is stored for anybody is bounded.
#[tokio::test]
async fn texts_and_lists_have_an_end() {
    let issuer = open().await;
    let long = "x".repeat(2049);
    let many = vec!["x"; 21];
    for (given, told) in [
        (json!({"client_name": "x".repeat(257)}), "client_name is longer"),
        (json!({"client_name#de": "x".repeat(257)}), "client_name is longer"),
        (json!({"software_id": long}), "software_id is longer"),
        (json!({"scope": long}), "scope is longer"),
        (json!({"contacts": many}), "contacts has more"),
        (json!({"contacts": [long]}), "contacts is longer"),
        (json!({"default_acr_values": many}), "default_acr_values has more"),
        (json!({"request_uris": vec!["https://new.example/r"; 21]}), "request_uris has more"),
        (json!({"software_statement": "x".repeat(16 * 1024 + 1)}), ""),
    ] {
        let reply = register(&issuer, &app(given)).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(reply.body.contains(told), "{told}: {}", reply.body);
    }
}
