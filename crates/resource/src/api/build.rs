//! From the parts of an [`Api`] to a router.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::public_url::PublicUrl;
use super::{Api, BuildError, Rule};
use crate::metadata::{ResourceMetadata, WELL_KNOWN};
use crate::openapi::{self, Described, SCHEME, merge};
use crate::protect::Protect;

const OPENAPI: &str = "/openapi.json";

pub(super) fn router(api: Api<()>) -> Result<Router, BuildError> {
    let public_url = PublicUrl::parse(&api.public_url)?;
    let metadata_paths = metadata_paths(&public_url);
    check_paths(&api, &metadata_paths)?;
    check_document(&api)?;
    let scopes = scopes(&api);
    let protect = protect(&api, &public_url)?;

    let documents = Arc::new(Documents {
        openapi: openapi(&api, public_url.as_str()),
        scopes: scopes.clone(),
        protect: protect.clone(),
    });
    let mut router = Router::new().route(
        OPENAPI,
        routing::get(move || {
            let documents = Arc::clone(&documents);
            async move { documents.openapi().await }
        }),
    );
    if let Some(protect) = &protect {
        let resource = json_text(&resource_metadata(&api, &public_url, protect, &scopes));
        for path in &metadata_paths {
            let resource = resource.clone();
            router = router.route(path, routing::get(|| async { document(StatusCode::OK, resource) }));
        }
    }
    #[cfg(feature = "docs")]
    if let Some(docs) = api.docs {
        let place = crate::docs::Place {
            public_url: public_url.clone(),
            title: api.title.clone(),
            openapi: OPENAPI,
            provider: protect.as_ref().and_then(Protect::provider).cloned(),
            scopes: scopes.keys().copied().collect(),
        };
        router = router.merge(crate::docs::router(docs, place));
    }
    for (path, methods) in api.routes {
        router = router.route(&path, methods.router);
    }
    Ok(match protect {
        Some(protect) => router.layer(protect.layer()),
        None => router,
    })
}

/// RFC 9728 §3.1: what the identifier has as its path follows the well-known one. The bare form is what a proxy
/// leaves that takes the path away.
fn metadata_paths(public_url: &PublicUrl) -> Vec<String> {
    let mut paths = vec![WELL_KNOWN.to_owned()];
    if !public_url.path().is_empty() {
        paths.push(format!("{WELL_KNOWN}{}", public_url.path()));
    }
    paths
}

fn check_paths(api: &Api<()>, metadata_paths: &[String]) -> Result<(), BuildError> {
    let mut taken: Vec<String> = metadata_paths.to_vec();
    taken.push(OPENAPI.to_owned());
    #[cfg(feature = "docs")]
    if let Some(docs) = &api.docs {
        if !docs.path().starts_with('/') {
            return Err(BuildError::Path(docs.path().to_owned()));
        }
        taken.extend(docs.paths());
    }
    for (path, _) in &api.routes {
        if !path.starts_with('/') {
            return Err(BuildError::Path(path.clone()));
        }
        let shape = shape(path);
        if taken.contains(&shape) {
            return Err(BuildError::Twice(path.clone()));
        }
        taken.push(shape);
    }
    Ok(())
}

/// A path with its parameters' names taken out.
fn shape(path: &str) -> String {
    let segment = |segment: &str| match segment.split_once('{').zip(segment.rsplit_once('}')) {
        Some(((before, name), (_, after))) if name.starts_with('*') => format!("{before}{{*}}{after}"),
        Some(((before, _), (_, after))) => format!("{before}{{}}{after}"),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn check_document(api: &Api<()>) -> Result<(), BuildError> {
    openapi::check_objects(&api.document).map_err(BuildError::Document)?;
    let known = |path: &str, method: &str| {
        let here = |(route, _): &&(String, super::Methods)| openapi::openapi_path(route) == path;
        api.routes
            .iter()
            .filter(here)
            .any(|(_, methods)| methods.operations.iter().any(|o| o.method.eq_ignore_ascii_case(method)))
    };
    match openapi::unknown(&api.document, known) {
        Some((method, path)) => Err(BuildError::NoRoute { method, path }),
        None => Ok(()),
    }
}

/// Every scope that a route names, once.
fn scopes(api: &Api<()>) -> BTreeMap<&'static str, &'static str> {
    let operations = api.routes.iter().flat_map(|(_, methods)| &methods.operations);
    let alternatives = operations.flat_map(|operation| operation.rule.alternatives());
    alternatives.flat_map(|all| &all.scopes).map(|scope| (scope.name, scope.description)).collect()
}

fn protect(api: &Api<()>, public_url: &PublicUrl) -> Result<Option<Protect>, BuildError> {
    let Some(protect) = &api.protect else {
        let table = api.policy();
        return match table.rows().iter().find(|row| row.rule != Rule::Public) {
            Some(row) => Err(BuildError::NoProtect { method: row.method, path: row.path.clone() }),
            None => Ok(None),
        };
    };
    if !protect.audiences().iter().any(|audience| audience.trim_end_matches('/') == public_url.as_str()) {
        tracing::warn!(
            resource = public_url.as_str(),
            audiences = ?protect.audiences(),
            "the API's URL is not among the audiences: clients that ask for a token for it (RFC 8707) are refused here"
        );
    }
    if protect.resource_metadata().is_some() {
        return Ok(Some(protect.clone()));
    }
    let url = format!("{}{WELL_KNOWN}{}", public_url.origin(), public_url.path());
    Ok(Some(protect.with_resource_metadata(url)))
}

fn resource_metadata(
    api: &Api<()>,
    public_url: &PublicUrl,
    protect: &Protect,
    scopes: &BTreeMap<&'static str, &'static str>,
) -> ResourceMetadata {
    #[cfg(feature = "docs")]
    let documentation = api.docs.as_ref().map(|docs| format!("{}{}", public_url.as_str(), docs.path()));
    #[cfg(not(feature = "docs"))]
    let documentation = None;
    ResourceMetadata {
        resource: identifier(public_url, protect),
        authorization_servers: protect.issuers().into_iter().map(ToString::to_string).collect(),
        scopes_supported: scopes.keys().copied().collect(),
        bearer_methods_supported: ["header"],
        resource_name: api.title.clone(),
        resource_documentation: documentation,
    }
}

/// RFC 9728 §3.3: it is compared byte for byte, so an audience that is the same URL but for its slash is spelled
/// as tokens have it.
fn identifier(public_url: &PublicUrl, protect: &Protect) -> String {
    let same = |audience: &&str| audience.trim_end_matches('/') == public_url.as_str();
    protect.audiences().into_iter().find(same).unwrap_or(public_url.as_str()).to_owned()
}

fn openapi(api: &Api<()>, server: &str) -> Value {
    let mut base = json!({ "info": { "title": api.title, "version": api.version } });
    merge::onto(&mut base, api.document.clone());
    let operations = api.routes.iter().flat_map(|(path, methods)| {
        methods.operations.iter().filter(|operation| !operation.hidden).map(|operation| Described {
            path,
            method: operation.method,
            rule: &operation.rule,
            operation: &operation.described,
        })
    });
    openapi::document(base, server, operations)
}

/// What `/openapi.json` is made of.
struct Documents {
    openapi: Value,
    scopes: BTreeMap<&'static str, &'static str>,
    protect: Option<Protect>,
}

impl Documents {
    /// The document with the issuer's URLs. Without them it would say something else than usual, and programs are
    /// generated from it: so there is none while the issuer cannot be asked.
    async fn openapi(&self) -> Response {
        let Some(protect) = &self.protect else { return document(StatusCode::OK, json_text(&self.openapi)) };
        let metadata = match protect.provider() {
            None => None,
            Some(provider) => match provider.metadata().await {
                Ok(metadata) => Some(metadata),
                Err(error) => {
                    tracing::error!(%error, "the OpenAPI document cannot be served without the issuer's metadata");
                    return unavailable();
                }
            },
        };
        let mut openapi = self.openapi.clone();
        let scheme = openapi::scheme(metadata.as_deref(), &self.scopes);
        merge::onto(&mut openapi, json!({ "components": { "securitySchemes": { SCHEME: scheme } } }));
        document(StatusCode::OK, json_text(&openapi))
    }
}

fn unavailable() -> Response {
    let problem = json!({
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The authorization server, whose addresses belong into this document, cannot be reached.",
    });
    let mut response = document(StatusCode::SERVICE_UNAVAILABLE, problem.to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// What is the same for everybody, and what pages of other origins may read.
fn document(status: StatusCode, text: String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn json_text<T: serde::Serialize>(value: &T) -> String {
    // Strings, lists and maps with string keys always serialise.
    serde_json::to_string(value).unwrap_or_default()
}
