//! An issuer — RFC 8414, OpenID Connect Discovery 1.0, RFC 9700.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::VerifyingKey;
use hallpass_proto::metadata::ServerMetadata;
use http::Response;
use serde_json::Value;

use super::findings::Findings;
use super::{Visit, header};

/// By how many seconds two clocks may differ before tokens are refused somewhere.
const SKEW: u64 = 60;

/// Whether the URL has metadata of either kind.
pub(super) async fn is_one(visit: &Visit, url: &str) -> Result<bool, String> {
    let Ok(issuer) = Issuer::parse(url) else { return Ok(false) };
    let first = visit.json(&issuer.openid_configuration()).await?;
    Ok(first.is_some() || visit.json(&issuer.oauth_authorization_server()).await?.is_some())
}

pub(super) async fn examine(visit: &Visit, url: &str, findings: &mut Findings) {
    let issuer = match Issuer::parse(url) {
        Ok(issuer) => issuer,
        Err(error) => {
            return findings.bad(format!("{url:?} is no issuer: {error}"), "an issuer is an https URL");
        }
    };
    findings.must(
        issuer.is_https() || issuer.host().starts_with("localhost") || issuer.host().starts_with("127."),
        "its URL is https, or of this machine alone",
        "its URL is plain http",
        "codes, passwords and tokens can be read on the way: serve it by TLS",
    );
    let openid = visit.json(&issuer.openid_configuration()).await.ok().flatten();
    let oauth = visit.json(&issuer.oauth_authorization_server()).await.ok().flatten();
    findings.should(
        openid.is_some() && oauth.is_some(),
        "its metadata are in both well-known places",
        "its metadata are in one well-known place alone",
        "clients of OAuth look at /.well-known/oauth-authorization-server, those of OpenID Connect at \
         /.well-known/openid-configuration",
    );
    let Some((document, response)) = openid.or(oauth) else {
        return findings.bad("its metadata cannot be read", "they must be a JSON object, answered with 200");
    };
    clock(&response, findings);
    let metadata: ServerMetadata = match serde_json::from_value(document.clone()) {
        Ok(metadata) => metadata,
        Err(error) => {
            return findings.bad(format!("its metadata cannot be read: {error}"), "see RFC 8414 section 2");
        }
    };
    let same = metadata.issuer.as_str() == url;
    findings.must(
        same,
        "issuer in the metadata is the URL that was asked",
        &format!("issuer in the metadata is another: {}", issuer.difference(metadata.issuer.as_str())),
        "every client compares the two byte for byte: configure the one that is in the metadata",
    );
    endpoints(&document, &issuer, findings);
    offers(&metadata, findings);
    match &metadata.jwks_uri {
        Some(uri) => keys(visit, uri, findings).await,
        None => findings.bad("there is no jwks_uri", "nobody can verify a token without its keys"),
    }
    if let Some(endpoint) = &metadata.authorization_endpoint {
        stranger(visit, endpoint, findings).await;
    }
}

fn clock(response: &Response<Bytes>, findings: &mut Findings) {
    let Ok(theirs) = httpdate::parse_http_date(header(response, "date")) else { return };
    let unix = u64::try_from(Env::system().now().unix()).unwrap_or_default();
    let ours: SystemTime = UNIX_EPOCH + Duration::from_secs(unix);
    let apart = ours.duration_since(theirs).unwrap_or_else(|error| error.duration()).as_secs();
    findings.must(
        apart <= SKEW,
        "its clock agrees with this machine's",
        &format!("its clock and this machine's are {apart} s apart"),
        "tokens would count as expired, or as issued in the future: set both by NTP",
    );
}

fn endpoints(document: &Value, issuer: &Issuer, findings: &mut Findings) {
    let plain: Vec<&str> = document
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
        .filter(|(_, url)| url.as_str().is_some_and(|url| url.starts_with("http://")))
        .map(|(name, _)| name.as_str())
        .collect();
    findings.must(
        plain.is_empty() || !issuer.is_https(),
        "its endpoints are https",
        &format!("plain http: {}", plain.join(", ")),
        "behind a proxy, the server must know its public https URL",
    );
}

fn offers(metadata: &ServerMetadata, findings: &mut Findings) {
    let has = |list: &[String], value: &str| list.iter().any(|item| item == value);
    findings.should(
        metadata.code_challenge_methods_supported.iter().any(|method| method == "S256"),
        "it does PKCE by S256",
        "it does not say that it does PKCE by S256",
        "RFC 9700 section 2.1.1 wants it: without PKCE a stolen code can be redeemed",
    );
    findings.should(
        metadata.authorization_response_iss_parameter_supported,
        "its answers name it (iss, RFC 9207)",
        "its answers do not name it (iss, RFC 9207)",
        "a client of several issuers cannot tell a mix-up by the answer",
    );
    findings.should(
        !metadata.response_types_supported.iter().any(|kind| kind == "token"),
        "it offers no token by redirect alone",
        "it offers response_type token",
        "RFC 9700 section 2.1.2 advises against it: let clients be registered for it one by one",
    );
    let weak = ["none", "HS256"];
    let algs = &metadata.id_token_signing_alg_values_supported;
    findings.should(
        algs.is_empty() || algs.iter().any(|alg| !weak.contains(&alg.as_str())),
        "its ID tokens are signed by a key pair",
        "its ID tokens are not signed by a key pair",
        "offer RS256 or ES256",
    );
    findings.should(
        !has(&metadata.grant_types_supported, "password"),
        "it has no password grant",
        "it has the password grant",
        "RFC 9700 section 2.4 forbids it to new systems",
    );
}

async fn keys(visit: &Visit, uri: &str, findings: &mut Findings) {
    let (document, response) = match visit.json(uri).await {
        Ok(Some(found)) => found,
        Ok(None) => return findings.bad(format!("{uri} holds no JWK Set"), "it must answer 200 with JSON"),
        Err(error) => return findings.bad(error, "nobody can verify a token without its keys"),
    };
    let all = document["keys"].as_array().map_or(0, Vec::len);
    let private = document["keys"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|key| ["d", "p", "q", "dp", "dq", "qi", "k"].iter().any(|member| key.get(member).is_some()));
    findings.must(
        !private,
        "its JWK Set holds no private member",
        "its JWK Set holds private keys",
        "everybody can sign as this issuer now: take them out, and make new ones",
    );
    let set = JwkSet::parse(response.body()).unwrap_or_default();
    let of_signatures = |jwk: &&hallpass_proto::jose::jwk::Jwk| jwk.public_key_use.as_deref() != Some("enc");
    let usable =
        set.keys.iter().filter(of_signatures).filter(|jwk| VerifyingKey::from_jwk(jwk).is_ok()).count();
    findings.must(
        usable > 0,
        &format!("it has {all} keys, of which {usable} verify signatures"),
        &format!("none of its {all} keys can be used"),
        "RSA keys need 2048 bits, curves are P-256, P-384, P-521 and Ed25519",
    );
    let mut kids: Vec<&str> = set.keys.iter().filter_map(|key| key.kid.as_deref()).collect();
    let (named, before) = (kids.len() == set.keys.len(), kids.len());
    kids.sort_unstable();
    kids.dedup();
    findings.should(
        named && kids.len() == before,
        "each key has a kid of its own",
        "keys without a kid, or several under one",
        "clients find the key of a token by its kid",
    );
}

/// security.md 4: what is wrong with a client is never told to where a stranger has said.
async fn stranger(visit: &Visit, endpoint: &str, findings: &mut Findings) {
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    let url = format!(
        "{endpoint}{separator}response_type=code&client_id=hallpass-doctor-no-such-client&scope=openid&state=s\
         &redirect_uri=https%3A%2F%2Fnobody.invalid%2Fcallback"
    );
    match visit.get(&url).await {
        Ok(response) => findings.must(
            !header(&response, "location").starts_with("https://nobody.invalid"),
            "it does not redirect for a client that it does not know",
            "it redirects to where an unknown client says",
            "that is an open redirector: show a page instead (RFC 6749 section 3.1.2.4)",
        ),
        Err(error) => findings.bad(error, "the authorization endpoint must answer a browser"),
    }
}
