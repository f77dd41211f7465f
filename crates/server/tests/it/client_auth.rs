//! Client authentication — RFC 6749 §2.3 — at each endpoint that has it.

use axum::body::Body;
use axum::http::{Request, header};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use hallpass_proto::client_secret::BasicCredentials;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;
use hallpass_server::entity::Status;
use hallpass_server::entity::client::Client;
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Reply, TestIssuer, fixture};

/// Where public clients may come, too.
const OPEN_TO_ALL: [&str; 2] = ["/token", "/revoke"];
const EVERYWHERE: [&str; 3] = ["/token", "/revoke", "/introspect"];
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client presents itself.
enum As<'a> {
    Basic(&'a str, &'a str),
    Post(&'a str, &'a str),
    Nobody(&'a str),
}

/// A request that gets as far as client authentication: it names a token that nobody has.
async fn send(issuer: &TestIssuer, path: &str, header: Option<&str>, more: &[(&str, &str)]) -> Reply {
    let request = [("grant_type", "refresh_token"), ("refresh_token", "unknown"), ("token", "unknown")];
    let form: Vec<_> = request.into_iter().chain(more.iter().copied()).collect();
    issuer.post(path, header, &form).await
}

async fn send_as(issuer: &TestIssuer, path: &str, who: &As<'_>) -> Reply {
    match who {
        As::Basic(id, secret) => send(issuer, path, Some(&basic(id, secret)), &[]).await,
        As::Post(id, secret) => {
            send(issuer, path, None, &[("client_id", id), ("client_secret", secret)]).await
        }
        As::Nobody(id) => send(issuer, path, None, &[("client_id", id)]).await,
    }
}

/// Sees that authentication was passed: what is refused now is the token.
fn assert_passed(path: &str, reply: &Reply) {
    if path == "/token" {
        reply.assert_refused(400, "invalid_grant");
    } else {
        assert_eq!(reply.status, 200, "{path} {}", reply.body);
    }
}

fn assert_rejected(reply: &Reply) {
    reply.assert_refused(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), r#"Basic realm="hallpass""#);
}

/// security.md 32: each client passes by the method that it is registered with.
#[tokio::test]
async fn the_registered_method_passes() {
    let issuer = TestIssuer::start().await;
    for path in EVERYWHERE {
        assert_passed(path, &send_as(&issuer, path, &As::Basic("web", SECRET)).await);
        // "legacy" is registered for the refresh grant, as "web" is
        assert_passed(path, &send_as(&issuer, path, &As::Post("legacy", SECRET)).await);
    }
    for path in OPEN_TO_ALL {
        assert_passed(path, &send_as(&issuer, path, &As::Nobody("spa")).await);
    }
}

/// security.md 32: and by no other: a secret opens one door.
#[tokio::test]
async fn another_method_than_the_registered_one_is_rejected() {
    let issuer = TestIssuer::start().await;
    for path in EVERYWHERE {
        for (who, expected) in [
            (As::Post("web", SECRET), "client_secret_basic"),
            (As::Nobody("web"), "client_secret_basic"),
            (As::Basic("legacy", SECRET), "client_secret_post"),
            (As::Nobody("legacy"), "client_secret_post"),
            (As::Basic("spa", SECRET), "none"),
            (As::Basic("spa", ""), "none"),
            (As::Post("spa", SECRET), "none"),
        ] {
            let reply = send_as(&issuer, path, &who).await;
            assert_rejected(&reply);
            assert!(reply.body.contains(expected), "the developer is told which: {}", reply.body);
        }
    }
}

/// security.md 34: an unknown client, a wrong secret and a disabled client are one answer.
#[tokio::test]
async fn who_is_wrong_is_not_told_what_is_wrong() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("other", |client| client.status = Status::Disabled).await;
    issuer.change_client("native", |client| client.status = Status::Disabled).await;
    let longer = format!("{SECRET}x");
    for path in EVERYWHERE {
        let mut answers = Vec::new();
        for who in [
            As::Basic("nobody", SECRET),
            As::Basic("", SECRET),
            As::Basic("web", "wrong"),
            As::Basic("web", ""),
            As::Basic("web", &longer),
            As::Basic("web", &SECRET[1..]),
            As::Basic("web", &SECRET.to_uppercase()),
            As::Basic("WEB", SECRET),
            As::Basic("other", SECRET),
            As::Post("nobody", SECRET),
            As::Post("legacy", "wrong"),
            As::Nobody("nobody"),
            As::Nobody("native"),
        ] {
            let reply = send_as(&issuer, path, &who).await;
            assert_rejected(&reply);
            answers.push(reply.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_rejected(&send(&issuer, path, None, &[]).await);
    }
}

/// security.md 34: a stored digest that nobody's secret hashes to lets nobody in, and a client without one neither.
#[tokio::test]
async fn a_confidential_client_without_a_secret_lets_nobody_in() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |client| client.client_secret = None).await;

    for secret in ["", "\u{fffd}", &"0".repeat(64), SECRET] {
        assert_rejected(&send_as(&issuer, "/token", &As::Basic("web", secret)).await);
    }
}

/// Introspection is for clients that can keep a secret (RFC 7662 §2.1).
#[tokio::test]
async fn a_public_client_may_not_introspect() {
    let issuer = TestIssuer::start().await;
    assert_rejected(&send_as(&issuer, "/introspect", &As::Nobody("spa")).await);
}

/// security.md 32: two authentications at once are refused, though each alone would pass.
#[tokio::test]
async fn two_authentications_at_once_are_refused() {
    let issuer = TestIssuer::start().await;
    let web = basic("web", SECRET);
    for path in EVERYWHERE {
        for more in [
            &[("client_id", "web"), ("client_secret", SECRET)][..],
            &[("client_secret", SECRET)],
            &[("client_secret", "wrong")],
            &[("client_id", "other")],
            &[("client_id", "nobody")],
            &[("client_assertion_type", ASSERTION), ("client_assertion", "e30.e30.x")],
        ] {
            send(&issuer, path, Some(&web), more).await.assert_refused(400, "invalid_request");
        }
        let post = [("client_id", "legacy"), ("client_secret", SECRET), ("client_assertion", "e30.e30.x")];
        send(&issuer, path, None, &post).await.assert_refused(400, "invalid_request");

        assert_passed(path, &send(&issuer, path, Some(&web), &[("client_id", "web")]).await);
    }
}

/// security.md 32: a client that sends an assertion, which nobody is registered for, is not taken for a public one.
#[tokio::test]
async fn an_assertion_is_not_passed_over() {
    let issuer = TestIssuer::start().await;
    for path in EVERYWHERE {
        for assertion in [
            &[("client_assertion_type", ASSERTION), ("client_assertion", "e30.e30.x")][..],
            &[("client_assertion_type", ASSERTION)],
            &[("client_assertion", "e30.e30.x")],
        ] {
            let named: Vec<_> = [("client_id", "spa")].into_iter().chain(assertion.iter().copied()).collect();
            assert_rejected(&send(&issuer, path, None, &named).await);
            assert_rejected(&send(&issuer, path, None, assertion).await);
        }
    }
}

/// security.md 32: two `Authorization` headers are two authentications, also when they are the same.
#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let issuer = TestIssuer::start().await;
    let web = basic("web", SECRET);
    for path in EVERYWHERE {
        for second in [web.as_str(), "Bearer abc", ""] {
            for (first, second) in [(web.as_str(), second), (second, web.as_str())] {
                let request = Request::post(path)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(header::AUTHORIZATION, first)
                    .header(header::AUTHORIZATION, second)
                    .body(Body::from("token=x&grant_type=refresh_token&refresh_token=x"));
                let reply = issuer.send(request.expect("a request")).await;
                reply.assert_refused(400, "invalid_request");
            }
        }
    }
}

/// A header that is not Basic credentials is a failed authentication, never a crash and never a public client.
#[tokio::test]
async fn broken_basic_credentials_are_rejected() {
    let issuer = TestIssuer::start().await;
    let encode = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    let right = format!("web:{SECRET}");
    let headers = [
        String::new(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic d2Vi".to_owned(),
        format!("Basic {right}"),
        format!("Bearer {}", STANDARD.encode(&right)),
        format!("Digest {}", STANDARD.encode(&right)),
        format!("Basic{}", STANDARD.encode(&right)),
        format!("Basic {}", STANDARD.encode(&right).replace('=', "")),
        format!("Basic {} x", STANDARD.encode(&right)),
        format!("Basic {},Basic {}", STANDARD.encode(&right), STANDARD.encode(&right)),
        encode(b"web"),
        encode(b"\xff\xfe:\xff"),
        encode(b"web\0:secret"),
        encode(b"web%:secret"),
        encode(b"web%4:secret"),
        encode(b"web:%zz"),
        encode(b"web:%00"),
        encode(b"web:%ff"),
    ];
    let others =
        [":".to_owned(), format!("web:{SECRET}\n"), format!(" web:{SECRET}"), format!("web::{SECRET}")];
    for path in EVERYWHERE {
        for header in &headers {
            assert_rejected(&send(&issuer, path, Some(header), &[]).await);
            assert_rejected(&send(&issuer, path, Some(header), &[("client_id", "spa")]).await);
        }
        for other in &others {
            assert_rejected(&send(&issuer, path, Some(&encode(other.as_bytes())), &[]).await);
        }
    }
}

/// RFC 6749 §2.3.1, RFC 9110 §11.1: id and secret are form-encoded in the header, and the scheme is in any case.
#[tokio::test]
async fn every_character_may_stand_in_id_and_secret() {
    let issuer = TestIssuer::start().await;
    let (client_id, secret) = ("a client:with/ütf-8", "s e:c%r+e&t=é\u{1f512}");
    let client = Client {
        client_id: client_id.to_owned(),
        client_secret: Some(Secret::from(secret).digest()),
        ..fixture::web()
    };
    issuer.store.put_client(&client).await.expect("recorded");

    let header = BasicCredentials { client_id: client_id.to_owned(), client_secret: secret.into() }.header();
    let (_, encoded) = header.expose().split_once(' ').expect("a scheme");
    for scheme in ["Basic", "basic", "BASIC", "Basic "] {
        assert_passed("/token", &send(&issuer, "/token", Some(&format!("{scheme} {encoded}")), &[]).await);
    }
}

/// security.md 32: what stands in a URL ends up in logs: credentials in the query are refused, right or wrong.
#[tokio::test]
async fn credentials_in_the_query_are_refused() {
    let issuer = TestIssuer::start().await;
    let web = basic("web", SECRET);
    for path in EVERYWHERE {
        for name in [
            "client_secret",
            "client_assertion",
            "password",
            "code",
            "code_verifier",
            "refresh_token",
            "access_token",
            "token",
        ] {
            let query: Form<'_> = [("client_id", "web"), (name, SECRET)].into_iter().collect();
            let url = format!("{path}?{}", query.encode());
            send(&issuer, &url, Some(&web), &[]).await.assert_refused(400, "invalid_request");
            let url = format!("{path}?{name}=");
            send(&issuer, &url, Some(&web), &[]).await.assert_refused(400, "invalid_request");
        }
        send(&issuer, &format!("{path}?%zz=1"), Some(&web), &[]).await.assert_refused(400, "invalid_request");
        // what only stands in the query is not read
        let url = format!("{path}?client_id=spa");
        assert_rejected(&send(&issuer, &url, None, &[]).await);
        // what means nothing is let pass (RFC 6749 §3.2: unrecognised parameters are ignored)
        assert_passed(path, &send(&issuer, &format!("{path}?tenant=1"), Some(&web), &[]).await);
    }
}
