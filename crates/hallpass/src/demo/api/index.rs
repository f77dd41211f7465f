//! `/`: what is here and what each route needs, as a page or as JSON.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use hallpass_proto::issuer::Issuer;
use hallpass_resource::prelude::*;
use serde::Serialize;

use super::{ItemsRead, ItemsWrite};

/// What the page shows beside the routes.
pub(super) struct Index {
    pub(super) issuer: Issuer,
    pub(super) public_url: String,
}

#[derive(Serialize)]
struct Route {
    method: &'static str,
    path: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    description: &'static str,
}

/// Written from the types that guard the handlers.
const ROUTES: [Route; 3] = [
    Route {
        method: "GET",
        path: "/items",
        scope: Some(ItemsRead::NAME),
        description: ItemsRead::DESCRIPTION,
    },
    Route {
        method: "POST",
        path: "/items",
        scope: Some(ItemsWrite::NAME),
        description: ItemsWrite::DESCRIPTION,
    },
    Route { method: "GET", path: "/me", scope: None, description: "What the presented token says" },
];

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Demo API · Hallpass</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/hallpass.css">
</head>
<body>
<header class="bar narrow"><a class="brand" href="/">Hallpass</a><span class="quiet">Demo API</span></header>
<main class="wide narrow">
<h1>This is a protected API</h1>
<p class="lead">It answers to access tokens from <a href="{{ index.issuer }}">{{ index.issuer }}</a> that are for
<strong>{{ index.public_url }}</strong>, and refuses everything else.</p>
<h2 id="routes">Routes</h2>
<ul class="rows" aria-labelledby="routes">
{% for route in routes %}<li><div><h3><code>{{ route.method }} {{ route.path }}</code></h3>
<p class="quiet">{{ route.description }}. {% match route.scope %}{% when Some(scope) %}Needs the scope <code>{{ scope }}</code>.{% when None %}Any valid token will do.{% endmatch %}</p></div></li>
{% endfor %}</ul>
<h2>Try it</h2>
<p>The <a href="/docs">documentation</a> lists the routes, gets a token for you, and calls them. From a terminal:</p>
<p>Without a token the answer is 401, with a challenge that says what is missing:</p>
<pre><code>curl -i {{ index.public_url }}/items</code></pre>
<p>With a token that the demo's service gets for itself:</p>
<pre><code>TOKEN=$(curl -s -u demo-service:demo-service-secret {{ index.issuer }}/token \
  -d grant_type=client_credentials -d scope=items:read | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -i -H "Authorization: Bearer $TOKEN" {{ index.public_url }}/items</code></pre>
</main>
</body>
</html>
"#
)]
struct Page<'a> {
    index: &'a Index,
    routes: &'a [Route],
}

#[derive(Serialize)]
struct Document<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    bearer_methods_supported: [&'static str; 1],
    routes: &'a [Route],
}

/// `GET /`: HTML where it is asked for by name, JSON to everybody else.
pub(super) async fn show(_: Public, State(index): State<Arc<Index>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if accept.to_ascii_lowercase().contains("text/html") {
        // Writing into a String does not fail, and that is all the template does.
        Html(Page { index: &index, routes: &ROUTES }.render().unwrap_or_default()).into_response()
    } else {
        Json(Document {
            resource: &index.public_url,
            authorization_servers: [index.issuer.as_str()],
            bearer_methods_supported: ["header"],
            routes: &ROUTES,
        })
        .into_response()
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
