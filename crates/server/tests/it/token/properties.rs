//! What holds for every request and every order of requests, tried with many.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tokio::runtime::{Builder, Runtime};

use hallpass_proto::param::Form;
use hallpass_proto::scope::Scope;
use hallpass_testkit::browser::VERIFIER;
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Reply, TestIssuer, Tokens};

const PATHS: [&str; 4] = ["/token", "/introspect", "/revoke", "/userinfo"];
const FORM: &str = "application/x-www-form-urlencoded";

/// A world for all tries of a property: what a try does to it is part of the next one's beginning.
struct World {
    runtime: Runtime,
    issuer: TestIssuer,
    tokens: Tokens,
    code: String,
}

static OF_REQUESTS: LazyLock<World> = LazyLock::new(World::new);
static OF_CODES: LazyLock<World> = LazyLock::new(World::new);
static OF_REFRESHES: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (issuer, tokens, code) = runtime.block_on(async {
            let issuer = TestIssuer::start().await;
            let (tokens, code) = (issuer.tokens("web", &[]).await, issuer.code("web", &[]).await);
            (issuer, tokens, code)
        });
        Self { runtime, issuer, tokens, code }
    }
}

/// An answer is success or a refusal in the RFC's form; nothing that a peer sends is our fault.
fn assert_answered(reply: &Reply, what: &dyn std::fmt::Debug) {
    assert!(!reply.status.is_server_error(), "{} {} to {what:?}", reply.status, reply.body);
    assert_eq!(reply.header("cache-control"), "no-store", "{what:?}");
    if reply.status != 200 {
        reply.assert_refused(reply.status.as_u16(), &reply.error());
        assert_ne!(reply.error(), "", "{what:?}");
    }
}

fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let visible = vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8, Just(b'\t')], 0..80);
    prop_oneof![
        visible,
        "(Basic|Bearer|basic|Negotiate|) ?[A-Za-z0-9+/=:. -]{0,60}".prop_map(String::into_bytes),
        ("[ -~]{0,12}", "[ -~]{0,12}").prop_map(|(id, secret)| basic(&id, &secret).into_bytes()),
        Just(basic("web", SECRET).into_bytes()),
    ]
}

/// A value that is right somewhere, or looks like it.
fn value() -> impl Strategy<Value = String> {
    let World { tokens, code, .. } = &*OF_REQUESTS;
    let known = [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "password",
        "access_token",
        "web",
        "spa",
        "legacy",
        "service",
        SECRET,
        "https://web.example/cb",
        VERIFIER,
        "openid profile",
        "items:read",
        "ada",
        code,
        &tokens.access_token,
        &tokens.refresh_token,
        &tokens.id_token,
    ];
    prop_oneof![
        4 => select(known.map(str::to_owned).to_vec()),
        1 => "\\PC{0,40}",
        1 => "[A-Za-z0-9_-]{1,8}\\.[A-Za-z0-9_-]{0,8}\\.[A-Za-z0-9_-]{0,8}",
    ]
}

fn form() -> impl Strategy<Value = Vec<(String, String)>> {
    let names = [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
        "username",
        "client_id",
        "client_secret",
        "client_assertion",
        "token",
        "token_type_hint",
        "access_token",
        "resource",
    ];
    let some = subsequence(names.to_vec(), 0..=names.len());
    (some, vec(value(), names.len()), value()).prop_map(|(names, values, grant_type)| {
        let mut form: Vec<_> = names.iter().map(|n| (*n).to_owned()).zip(values).collect();
        // no request gets far without one
        if !names.contains(&"grant_type") {
            form.push(("grant_type".to_owned(), grant_type));
        }
        form
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// security.md T17: whatever bytes come, with whatever headers, are answered, and never as our own fault.
    #[test]
    fn any_bytes_are_answered(
        path in select(&PATHS[..]),
        body in prop_oneof![vec(any::<u8>(), 0..300), "[a-z_]{0,10}=?[%&=+a-f0-9]{0,200}".prop_map(String::into_bytes)],
        headers in vec((select(&["authorization", "content-type", "cookie", "origin", "accept", "content-length"][..]), header_bytes()), 0..4),
        is_form in any::<bool>(),
    ) {
        let World { runtime, issuer, .. } = &*OF_REQUESTS;
        let mut request = Request::post(path);
        if is_form {
            request = request.header(header::CONTENT_TYPE, FORM);
        }
        for (name, value) in &headers {
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            request = request.header(HeaderName::from_static(name), value);
        }
        let reply = runtime.block_on(issuer.send(request.body(Body::from(body.clone())).expect("a request")));
        assert_answered(&reply, &(path, headers, body));
    }

    /// Parameters that are right each by itself, put together at random, are answered too.
    #[test]
    fn any_parameters_are_answered(
        path in select(&PATHS[..]),
        form in form(),
        authorization in proptest::option::of(header_bytes()),
    ) {
        let World { runtime, issuer, .. } = &*OF_REQUESTS;
        let encoded: Form<'_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let mut request = Request::post(path).header(header::CONTENT_TYPE, FORM);
        if let Some(Ok(value)) = authorization.as_deref().map(HeaderValue::from_bytes) {
            request = request.header(header::AUTHORIZATION, value);
        }
        let body = Body::from(encoded.encode());
        let reply = runtime.block_on(issuer.send(request.body(body).expect("a request")));
        assert_answered(&reply, &(path, &form));
    }
}

/// What may happen to a code (P1).
#[derive(Clone, Copy, Debug)]
enum CodeStep {
    ByOwner,
    ByStranger,
    WrongVerifier,
    WrongRedirectUri,
    Wait(i64),
    Sweep,
    Withdraw,
}

fn code_step() -> impl Strategy<Value = CodeStep> {
    prop_oneof![
        3 => Just(CodeStep::ByOwner),
        2 => Just(CodeStep::ByStranger),
        1 => Just(CodeStep::WrongVerifier),
        1 => Just(CodeStep::WrongRedirectUri),
        2 => (1_i64..40).prop_map(CodeStep::Wait),
        1 => Just(CodeStep::Sweep),
        1 => Just(CodeStep::Withdraw),
    ]
}

async fn redeem_as(issuer: &TestIssuer, client_id: &str, code: &str, uri: &str, verifier: &str) -> Reply {
    let grant = ("grant_type", "authorization_code");
    let form = [grant, ("code", code), ("redirect_uri", uri), ("code_verifier", verifier)];
    issuer.token(client_id, &form).await
}

/// What may be done with refresh tokens (P2, P3).
#[derive(Clone, Debug)]
enum RefreshStep {
    /// With one of those that were seen, counted from the newest; for these scopes of the grant, or for all.
    Use(usize, Vec<&'static str>),
    Wait(i64),
}

const GRANTED: [&str; 4] = ["openid", "profile", "offline_access", "items:read"];

fn refresh_step() -> impl Strategy<Value = RefreshStep> {
    let scopes = prop_oneof![
        Just(Vec::new()),
        subsequence(GRANTED.to_vec(), 1..=3),
        subsequence(vec!["openid", "email", "items:write", "items:read"], 1..=3),
    ];
    prop_oneof![
        5 => (prop_oneof![4 => Just(0_usize), 1 => 1_usize..4], scopes).prop_map(|(which, s)| RefreshStep::Use(which, s)),
        1 => (1_i64..60).prop_map(RefreshStep::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// P1: whatever happens to a code, in whatever order, it is redeemed once at most, and by its owner; after a
    /// second use nothing of it lives.
    #[test]
    fn a_code_is_redeemed_once_at_most(steps in vec(code_step(), 1..12)) {
        let World { runtime, issuer, .. } = &*OF_CODES;
        runtime.block_on(async {
            const URI: &str = "https://web.example/cb";
            let code = issuer.code("web", &[]).await;
            let (mut waited, mut tokens, mut ended) = (0, None::<Tokens>, false);
            for step in &steps {
                let reply = match step {
                    CodeStep::ByOwner => redeem_as(issuer, "web", &code, URI, VERIFIER).await,
                    CodeStep::ByStranger => redeem_as(issuer, "other", &code, URI, VERIFIER).await,
                    CodeStep::WrongVerifier => redeem_as(issuer, "web", &code, URI, &VERIFIER.replace('d', "e")).await,
                    CodeStep::WrongRedirectUri => redeem_as(issuer, "web", &code, "https://web.example/", VERIFIER).await,
                    CodeStep::Wait(seconds) => { issuer.clock.advance(*seconds); waited += seconds; continue }
                    CodeStep::Sweep => { issuer.server.sweep().await.expect("sweeps"); continue }
                    CodeStep::Withdraw => {
                        issuer.store.withdraw_consent("user-ada", "web", issuer.now()).await.expect("withdrawn");
                        ended = true;
                        continue;
                    }
                };
                let may = matches!(step, CodeStep::ByOwner) && tokens.is_none() && waited < 60 && !ended;
                assert_eq!(reply.status == 200, may, "{step:?} in {steps:?}: {}", reply.body);
                if may {
                    tokens = Some(Tokens::of(&reply));
                } else {
                    reply.assert_refused(400, "invalid_grant");
                    // a second use by the client itself, whatever it brings with it
                    ended |= tokens.is_some() && !matches!(step, CodeStep::ByStranger);
                }
            }
            if let Some(tokens) = tokens {
                assert_eq!(issuer.is_active("web", &tokens.refresh_token).await, !ended, "{steps:?}");
            }
        });
    }

    /// P2, P3: whatever is asked for, in whatever order, a token never has more than was granted; and when a family
    /// has ended it stays so.
    #[test]
    fn authority_never_grows(client_id in select(&["web", "spa"][..]), steps in vec(refresh_step(), 1..14)) {
        let World { runtime, issuer, .. } = &*OF_REFRESHES;
        runtime.block_on(async {
            let granted: Scope = GRANTED.join(" ").parse().expect("a scope");
            let first = issuer.tokens(client_id, &[("scope", &GRANTED.join(" "))]).await;
            let (mut seen, mut ended) = (vec![first.refresh_token], false);
            for step in &steps {
                let (which, scopes) = match step {
                    RefreshStep::Use(which, scopes) => (*which, scopes.join(" ")),
                    RefreshStep::Wait(seconds) => { issuer.clock.advance(*seconds); continue }
                };
                let Some(token) = seen.iter().rev().nth(which).cloned() else { continue };
                let reply = issuer.refresh_for(client_id, &token, &scopes).await;
                let asked: Scope = scopes.parse().expect("a scope");
                if reply.status == 200 {
                    assert!(!ended, "an ended family gave tokens: {steps:?}");
                    let tokens = Tokens::of(&reply);
                    let got: Scope = tokens.scope.parse().expect("a scope");
                    assert_eq!(got, if asked.is_empty() { granted.clone() } else { asked });
                    assert!(got.is_subset(&granted), "{got} in {steps:?}");
                    assert_eq!(issuer.verified(&tokens.access_token).await["scope"], tokens.scope);
                    if !seen.contains(&tokens.refresh_token) {
                        assert_eq!(which, 0, "only the newest member has a successor that was not seen: {steps:?}");
                        seen.push(tokens.refresh_token);
                    }
                } else if reply.error() == "invalid_scope" {
                    assert!(!asked.is_subset(&granted), "{asked} was granted: {steps:?}");
                } else {
                    reply.assert_refused(400, "invalid_grant");
                    assert!(ended || (client_id == "spa" && which > 0), "{}: {steps:?}", reply.body);
                    ended = true;
                }
            }
        });
    }
}
