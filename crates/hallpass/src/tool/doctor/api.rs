//! An API — RFC 9728, RFC 6750.

use serde_json::Value;
use url::Url;

use super::findings::Findings;
use super::{Visit, header, issuer};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Whether it describes itself.
pub(super) async fn is_one(visit: &Visit, url: &str) -> Result<bool, String> {
    Ok(metadata(visit, url).await?.is_some())
}

/// RFC 9728 §3.1: the well-known path stands between host and path.
async fn metadata(visit: &Visit, url: &str) -> Result<Option<Value>, String> {
    let Ok(parsed) = Url::parse(url) else { return Ok(None) };
    let path = parsed.path().trim_end_matches('/');
    let place = format!("{}{WELL_KNOWN}{path}", parsed.origin().ascii_serialization());
    Ok(visit.json(&place).await?.map(|(document, _)| document))
}

pub(super) async fn examine(visit: &Visit, url: &str, findings: &mut Findings) {
    let document = match metadata(visit, url).await {
        Ok(Some(document)) => document,
        Ok(None) | Err(_) => return findings.bad("its metadata cannot be read", "see RFC 9728 section 3.2"),
    };
    let resource = document["resource"].as_str().unwrap_or_default();
    findings.must(
        resource.trim_end_matches('/') == url,
        "resource in its metadata is the URL that was asked",
        &format!("resource in its metadata is {resource:?}"),
        "clients must refuse it (RFC 9728 section 3.3): set the API's public URL",
    );
    let servers: Vec<&str> = document["authorization_servers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    findings.must(
        !servers.is_empty(),
        "it says whose tokens it accepts",
        "it does not say whose tokens it accepts",
        "authorization_servers is where a client starts",
    );
    for server in servers {
        let known = issuer::is_one(visit, server.trim_end_matches('/')).await.unwrap_or_default();
        findings.must(
            known,
            &format!("{server} answers: `hallpass doctor {server}` looks at that"),
            &format!("{server} has no metadata"),
            "a client cannot get a token there",
        );
    }
    let methods = document["bearer_methods_supported"].as_array();
    findings.should(
        !methods.into_iter().flatten().any(|method| method == "query"),
        "it takes no tokens from URLs",
        "it takes tokens from URLs",
        "they end up in logs and histories (RFC 9700 section 4.3.2)",
    );
    challenge(visit, url, &document, findings).await;
}

/// What a client learns that comes without a token.
async fn challenge(visit: &Visit, url: &str, document: &Value, findings: &mut Findings) {
    let Some(path) = document["resource_documentation"].as_str().map(|_| "/openapi.json") else { return };
    let Ok(Some((openapi, _))) = visit.json(&format!("{url}{path}")).await else { return };
    let protected = openapi["paths"].as_object().into_iter().flatten().find(|(path, item)| {
        !path.contains('{')
            && item["get"]["security"]
                .as_array()
                .is_some_and(|all| !all.is_empty() && !all.contains(&Value::Object(serde_json::Map::new())))
    });
    let Some((path, _)) = protected else { return };
    let Ok(response) = visit.get(&format!("{url}{path}")).await else { return };
    let challenge = header(&response, "www-authenticate");
    findings.must(
        response.status().as_u16() == 401 && challenge.starts_with("Bearer"),
        &format!("{path} answers 401 with a challenge where no token is"),
        &format!("{path} answers {} where no token is", response.status()),
        "RFC 6750 section 3 wants 401 and WWW-Authenticate: Bearer",
    );
    findings.should(
        challenge.contains("resource_metadata="),
        "the challenge says where the metadata are",
        "the challenge does not say where the metadata are",
        "a client that knows only the API starts from there (RFC 9728 section 5.1)",
    );
}
