//! Authorization requests as a browser is sent to the issuer with — RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1.

use crate::places::Places;

/// The address of a request of the demo's web app. `extra` is added, or put in the place of what is there.
pub(crate) fn authorize_url(places: &Places, extra: &[(&str, &str)]) -> String {
    let redirect_uri = format!("{}/callback", places.app);
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "demo-web"),
        ("redirect_uri", redirect_uri.as_str()),
        ("scope", "openid profile email"),
        ("state", "a-state-that-the-app-does-not-know"),
        // RFC 7636, appendix B
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    parameters.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    parameters.extend_from_slice(extra);
    let endpoint = format!("{}/authorize", places.issuer);
    url::Url::parse_with_params(&endpoint, parameters).expect("the issuer has an address").into()
}
