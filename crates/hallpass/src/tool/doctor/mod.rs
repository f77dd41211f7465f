//! `hallpass doctor`: what is wrong with an issuer, an app or an API, and what to do about it. It looks from outside, as a
//! browser would, and changes nothing.

mod api;
mod app;
mod findings;
mod issuer;

use std::sync::Arc;

use bytes::Bytes;
use hallpass_client::http_client::HttpClient;
use hallpass_client::transport::Hyper;
use http::{Request, Response, StatusCode};

use super::options::DoctorOptions;
use crate::output::say;
use findings::Findings;

/// Finds out what is at the URL, examines it, and fails when something must be mended.
pub(crate) async fn run(options: &DoctorOptions) -> Result<(), String> {
    let url = options.url.trim_end_matches('/');
    let visit = Visit { http: Arc::new(Hyper::new()) };
    let mut findings = Findings::default();
    let what = if issuer::is_one(&visit, url).await? {
        issuer::examine(&visit, &options.url, &mut findings).await;
        "an issuer"
    } else if api::is_one(&visit, url).await? {
        api::examine(&visit, url, &mut findings).await;
        "an API"
    } else if app::is_one(&visit, url).await? {
        app::examine(&visit, url, &mut findings).await;
        "an app"
    } else {
        return Err(format!(
            "{url} is no issuer (no /.well-known/openid-configuration), no API (no \
             /.well-known/oauth-protected-resource) and no app (/login does not redirect)"
        ));
    };
    say(&format!("{url} is {what}\n\n{findings}"));
    match findings.bad_count() {
        0 => Ok(()),
        1 => Err("one thing must be mended".to_owned()),
        many => Err(format!("{many} things must be mended")),
    }
}

/// How others are asked.
struct Visit {
    http: Arc<Hyper>,
}

impl Visit {
    /// GETs a URL and follows nothing.
    async fn get(&self, url: &str) -> Result<Response<Bytes>, String> {
        let request = Request::get(url).header("accept", "text/html, application/json").body(Bytes::new());
        let request = request.map_err(|error| format!("{url}: {error}"))?;
        self.http.send(request).await.map_err(|error| format!("{url}: {error}"))
    }

    /// A JSON object at a URL; none when there is something else.
    async fn json(&self, url: &str) -> Result<Option<(serde_json::Value, Response<Bytes>)>, String> {
        let response = self.get(url).await?;
        if response.status() != StatusCode::OK {
            return Ok(None);
        }
        let json: Option<serde_json::Value> = serde_json::from_slice(response.body()).ok();
        Ok(json.filter(serde_json::Value::is_object).map(|json| (json, response)))
    }
}

/// A header's value as text.
fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
