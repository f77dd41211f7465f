//! The relay of the docs page: for that page alone, and to the issuer's token endpoint alone.

use std::sync::atomic::Ordering;

use ::axum::body::Body;
use hallpass_proto::param::Form;
use hallpass_resource::api::Docs;
use http::{Request, StatusCode};

use super::{Answer, Place, fetch, send};
use crate::world::{API, ISSUER};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the page sends.
fn form() -> Form<'static> {
    let mut form = Form::default();
    form.push("grant_type", "authorization_code");
    form.push("code", "the code");
    form.push("client_id", "docs");
    form.push("redirect_uri", format!("{API}/docs/oauth2-redirect"));
    form.push("code_verifier", "the-verifier");
    form
}

fn with(name: &str, value: &str) -> String {
    let mut changed = Form::default();
    for (other, kept) in form().iter() {
        changed.push(other.to_owned(), if other == name { value } else { kept }.to_owned());
    }
    if !changed.contains(name) {
        changed.push(name.to_owned(), value.to_owned());
    }
    changed.encode()
}

async fn post(place: &Place, headers: &[(&str, &str)], body: String) -> Answer {
    let docs = Docs::at("/docs").client_id("docs");
    let app = place.api().docs(docs).build().expect("the parts fit");
    let mut request = Request::post("/docs/token");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&app, request.body(Body::from(body)).expect("a request")).await
}

const OWN: [(&str, &str); 3] = [("origin", API), ("sec-fetch-site", "same-origin"), ("content-type", FORM)];

fn sent(place: &Place) -> usize {
    place.issuer.redeemed.lock().expect("sound").len()
}

#[tokio::test]
async fn a_code_is_redeemed_at_the_issuer() {
    let place = Place::new();
    let answer = post(&place, &OWN, form().encode()).await;
    assert_eq!((answer.status, answer.json()["access_token"].as_str()), (StatusCode::OK, Some("t")));
    assert_eq!(answer.header("cache-control"), "no-store");
    let redeemed = place.issuer.redeemed.lock().expect("sound");
    let [(url, _, body)] = redeemed.as_slice() else { panic!("{redeemed:?}") };
    assert_eq!(*url, format!("{ISSUER}/token"));
    let body = Form::parse(body.as_bytes()).expect("a form");
    for (name, value) in form().iter() {
        assert_eq!(body.get(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn other_pages_are_refused() {
    for headers in [
        vec![("content-type", FORM)],
        vec![("content-type", FORM), ("origin", "https://evil.example")],
        vec![("content-type", FORM), ("origin", "null")],
        vec![("content-type", FORM), ("origin", "https://api.example.evil.example")],
        vec![("content-type", FORM), ("origin", API), ("sec-fetch-site", "cross-site")],
        vec![("content-type", FORM), ("origin", API), ("sec-fetch-site", "same-site")],
    ] {
        let place = Place::new();
        let answer = post(&place, &headers, form().encode()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(sent(&place), 0, "{headers:?}");
    }
}

/// There is no way to name another place, to act as another client, or to use another grant.
#[tokio::test]
async fn nothing_but_this_pages_code_goes_through() {
    for body in [
        with("client_id", "other"),
        with("client_id", ""),
        with("redirect_uri", "https://evil.example/"),
        with("grant_type", "password"),
        with("grant_type", "client_credentials"),
        with("code", ""),
        with("code_verifier", ""),
        form().encode() + "&code=other",
        "%ff".to_owned(),
        String::new(),
    ] {
        let place = Place::new();
        let answer = post(&place, &OWN, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.json()["error"].is_string(), "{body}");
        assert_eq!(sent(&place), 0, "{body}");
    }
    let place = Place::new();
    let json = [OWN[0], OWN[1], ("content-type", "application/json")];
    assert_eq!(post(&place, &json, "{}".to_owned()).await.status, StatusCode::BAD_REQUEST);
    let large = with("code", &"x".repeat(20_000));
    assert_eq!(post(&place, &OWN, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(sent(&place), 0);
}

/// The request to the issuer is written anew: what it does not need stays here.
#[tokio::test]
async fn secrets_cookies_and_strange_parameters_stay() {
    let place = Place::new();
    let body = form().encode() + "&client_secret=canary&token_endpoint=https%3A%2F%2Fevil.example&url=x";
    let mut headers = OWN.to_vec();
    headers.extend([
        ("cookie", "session=canary"),
        ("authorization", "Basic canary"),
        ("host", "evil.example"),
    ]);
    assert_eq!(post(&place, &headers, body).await.status, StatusCode::OK);
    let redeemed = place.issuer.redeemed.lock().expect("sound");
    let [(url, headers, body)] = redeemed.as_slice() else { panic!("{redeemed:?}") };
    assert_eq!(*url, format!("{ISSUER}/token"));
    assert!(!format!("{headers:?} {body}").contains("canary"));
    assert!(!headers.contains_key("cookie") && !headers.contains_key("authorization"));
    assert!(!body.contains("evil") && !body.contains("client_secret"));
}

#[tokio::test]
async fn a_refresh_token_is_redeemed_too() {
    let place = Place::new();
    let body = "grant_type=refresh_token&refresh_token=r&client_id=docs&scope=items%3Aread";
    assert_eq!(post(&place, &OWN, body.to_owned()).await.status, StatusCode::OK);
    let redeemed = place.issuer.redeemed.lock().expect("sound");
    assert_eq!(redeemed[0].2, "grant_type=refresh_token&refresh_token=r&client_id=docs");
}

#[tokio::test]
async fn what_the_issuer_says_comes_back_if_it_is_json() {
    let place = Place::new();
    let error = r#"{"error":"invalid_grant"}"#.to_owned();
    *place.issuer.token_answer.lock().expect("sound") = (StatusCode::BAD_REQUEST, error.clone());
    let answer = post(&place, &OWN, form().encode()).await;
    assert_eq!((answer.status, answer.body), (StatusCode::BAD_REQUEST, error));
    *place.issuer.token_answer.lock().expect("sound") =
        (StatusCode::OK, "<script>alert(1)</script>".to_owned());
    let answer = post(&place, &OWN, form().encode()).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.body.contains('<'));
    let down = Place::new();
    down.issuer.down.store(true, Ordering::SeqCst);
    assert_eq!(post(&down, &OWN, form().encode()).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn it_takes_posts_only() {
    let app = Place::new().api().docs("/docs").build().expect("the parts fit");
    assert_eq!(fetch(&app, "/docs/token").await.status, StatusCode::METHOD_NOT_ALLOWED);
}
