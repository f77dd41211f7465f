//! Requests and responses as text, without their secrets: four characters are enough to recognise one.

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response};
use hallpass_proto::param::Form;
use serde_json::Value;

/// Parameters and JSON members that are shown by their first four characters.
const SECRET: [&str; 9] = [
    "code",
    "code_verifier",
    "access_token",
    "refresh_token",
    "id_token",
    "token",
    "state",
    "nonce",
    "id_token_hint",
];
/// Those of which nothing is shown: people choose them.
const HIDDEN: [&str; 2] = ["password", "client_secret"];
/// Headers that say something.
const SHOWN_HEADERS: [&str; 7] = [
    "authorization",
    "accept",
    "content-type",
    "cache-control",
    "www-authenticate",
    "retry-after",
    "location",
];

/// The first characters of a secret; nothing of a short one.
pub(super) fn secret(value: &str) -> String {
    match value.get(..4) {
        Some(head) if value.len() >= 16 => format!("{head}…"),
        _ => "…".to_owned(),
    }
}

/// A request, one parameter a line.
pub(super) fn request(request: &Request<Bytes>) -> String {
    let mut text =
        format!("{} {}\n{}", request.method(), url(&request.uri().to_string()), headers(request.headers()));
    if let Ok(form) = Form::parse(request.body())
        && !request.body().is_empty()
    {
        text.push('\n');
        text.push_str(&lines(&form, ""));
    }
    text.trim_end().to_owned()
}

/// A response, its JSON laid out.
pub(super) fn response(response: &Response<Bytes>) -> String {
    let mut text = format!("{}\n{}", response.status(), headers(response.headers()));
    if let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) {
        hide(&mut body);
        text.push('\n');
        text.push_str(&pretty(&body));
    }
    text.trim_end().to_owned()
}

/// A URL, one parameter of its query a line.
pub(super) fn url(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    match Form::parse(query.as_bytes()) {
        Ok(form) => format!("{path}\n{}", lines(&form, "    ")).trim_end().to_owned(),
        Err(_) => path.to_owned(),
    }
}

/// JSON laid out for reading.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn lines(form: &Form<'_>, indent: &str) -> String {
    form.iter().map(|(name, value)| format!("{indent}{name}={}\n", shown(name, value))).collect()
}

fn headers(headers: &HeaderMap) -> String {
    let mut text = String::new();
    for name in SHOWN_HEADERS {
        for value in headers.get_all(name).iter().filter_map(|value| value.to_str().ok()) {
            let value = match (name, value.split_once(' ')) {
                ("authorization", Some((scheme, credentials))) => format!("{scheme} {}", secret(credentials)),
                ("authorization", None) => secret(value),
                ("location", _) => url(value),
                _ => value.to_owned(),
            };
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    text
}

fn shown(name: &str, value: &str) -> String {
    if HIDDEN.contains(&name) {
        "…".to_owned()
    } else if SECRET.contains(&name) {
        secret(value)
    } else {
        value.to_owned()
    }
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) => *text = shown(name, text),
                    other => hide(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let body = "grant_type=password&username=ada&password=canary-pass&client_secret=canary-secret-long-enough&code=codecanary-0123456789";
        let sent = Request::post("https://as.example/token?state=stat-canary-0123456789")
            .header("authorization", "Basic ZGVtby1jYW5hcnktc2VjcmV0")
            .body(Bytes::from_static(body.as_bytes()))
            .expect("a request");
        let text = request(&sent);
        for canary in ["canary-pass", "canary-secret", "codecanary", "Y2FuYXJ5", "stat-canary"] {
            assert!(!text.contains(canary), "{text}");
        }
        assert!(
            text.contains("username=ada") && text.contains("code=code…") && text.contains("Basic ZGVt…"),
            "{text}"
        );

        let came = Response::builder()
            .body(Bytes::from_static(
                br#"{"access_token":"acce-canary-0123456789","scope":"a","x":[{"id_token":"canary"}]}"#,
            ))
            .expect("a response");
        let text = response(&came);
        assert!(
            !text.contains("canary") && text.contains("acce…") && text.contains("\"scope\": \"a\""),
            "{text}"
        );
    }
}
