//! A web app with `/login` — RFC 6749 §4.1.1, RFC 9700 §2.1.1, RFC 6265.

use hallpass_proto::param::Form;
use url::Url;

use super::findings::Findings;
use super::{Visit, header, issuer};

/// Whether `/login` sends the browser elsewhere.
pub(super) async fn is_one(visit: &Visit, url: &str) -> Result<bool, String> {
    let response = visit.get(&format!("{url}/login")).await?;
    Ok(response.status().is_redirection() && header(&response, "location").contains("client_id="))
}

pub(super) async fn examine(visit: &Visit, url: &str, findings: &mut Findings) {
    let response = match visit.get(&format!("{url}/login")).await {
        Ok(response) => response,
        Err(error) => return findings.bad(error, "the app must answer a browser"),
    };
    let location = header(&response, "location");
    let query = Url::parse(location).ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default();
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let has = |name: &str| form.get(name).is_some_and(|value| !value.is_empty());
    findings.must(
        form.get("response_type") == Some("code"),
        "it asks for a code",
        "it asks for something else than a code",
        "tokens in the address bar leak: use the code flow",
    );
    findings.must(
        form.get("code_challenge_method") == Some("S256") && has("code_challenge"),
        "it does PKCE by S256",
        "it does no PKCE",
        "send code_challenge and code_challenge_method=S256 (RFC 9700 section 2.1.1)",
    );
    findings.must(
        has("state"),
        "it binds the answer to the browser by state",
        "it sends no state",
        "anybody can sign a person in to somebody else's account: send an unguessable state",
    );
    let openid = form.get("scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid"));
    if openid {
        findings.should(
            has("nonce"),
            "it binds the ID token to the request by nonce",
            "it sends no nonce",
            "an ID token of another sign-in could be passed off as this one's",
        );
    }
    redirect_uri(url, form.get("redirect_uri").unwrap_or_default(), findings);
    cookies(url, &response, findings);
    if let Ok(target) = Url::parse(location) {
        let issuer = target.origin().ascii_serialization();
        let known = issuer::is_one(visit, &issuer).await.unwrap_or_default();
        findings.should(
            known,
            &format!("its issuer is at {issuer}: `hallpass doctor {issuer}` looks at that"),
            &format!("there are no metadata at {issuer}"),
            "the issuer may have a path, which its metadata follow",
        );
    }
}

/// apps.md, row 23: what an app behind a proxy takes for its own address.
fn redirect_uri(url: &str, redirect_uri: &str, findings: &mut Findings) {
    let origin =
        |text: &str| Url::parse(text).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    findings.must(
        origin(redirect_uri) == origin(url),
        &format!("its redirect_uri is below the address that was asked: {redirect_uri}"),
        &format!("its redirect_uri is {redirect_uri:?}, elsewhere than {url}"),
        "set the app's public URL: behind a proxy it cannot know it by itself",
    );
}

fn cookies(url: &str, response: &http::Response<bytes::Bytes>, findings: &mut Findings) {
    let all: Vec<String> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok().map(str::to_ascii_lowercase))
        .collect();
    findings.must(
        !all.is_empty(),
        "it keeps the attempt in a cookie",
        "it sets no cookie",
        "state has to be compared with what this browser was given",
    );
    let lacks = |attribute: &str| all.iter().any(|cookie| !cookie.contains(attribute));
    findings.must(
        !lacks("httponly"),
        "its cookies are HttpOnly",
        "a cookie is not HttpOnly",
        "a script of the page can read it",
    );
    if url.starts_with("https://") {
        findings.must(
            !lacks("secure"),
            "its cookies are Secure",
            "a cookie is not Secure",
            "it travels over plain http too",
        );
    }
    findings.must(
        !all.iter().any(|cookie| cookie.contains("samesite=strict")),
        "its cookies come along from the issuer",
        "a cookie is SameSite=Strict",
        "the browser comes back from another site, and then does not send it: use Lax",
    );
}
