//! The client `hybrid`, which may use every response type, and what one flow of it brings.

use std::collections::BTreeMap;

use serde_json::Value;

use hallpass_proto::authorize::ResponseType;
use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, Reply, TestIssuer};

/// The client.
pub(super) const CLIENT: &str = "hybrid";
/// Its redirect URI.
pub(super) const REDIRECT_URI: &str = "https://hybrid.example/cb";
/// The six response types of OpenID Connect.
pub(super) const RESPONSE_TYPES: [ResponseType; 6] = [
    ResponseType::CODE,
    ResponseType::ID_TOKEN,
    ResponseType::ID_TOKEN_TOKEN,
    ResponseType::CODE_ID_TOKEN,
    ResponseType::CODE_TOKEN,
    ResponseType::CODE_ID_TOKEN_TOKEN,
];

/// An authorization request of the client; `parameters` replace the defaults of [`authorize_url`].
pub(super) fn url(response_type: ResponseType, parameters: &[(&str, &str)]) -> String {
    let response_type = response_type.to_string();
    let mut all = parameters.to_vec();
    if !all.iter().any(|(name, _)| *name == "response_type") {
        all.push(("response_type", &response_type));
    }
    authorize_url(CLIENT, REDIRECT_URI, &all)
}

/// What a flow brought, by both channels.
pub(super) struct Flow {
    /// The parameters of the authorization response by name.
    pub(super) response: BTreeMap<String, String>,
    /// Those of the token response; empty without a code.
    pub(super) tokens: Tokens,
    /// The claims of every ID token, the front channel's first.
    pub(super) id_tokens: Vec<Value>,
    /// Every access token, the front channel's first.
    pub(super) access_tokens: Vec<String>,
}

impl Flow {
    /// Goes through the pages as Ada, allows, and redeems the code if there is one.
    pub(super) async fn run(
        issuer: &TestIssuer,
        browser: &Browser,
        response_type: ResponseType,
        parameters: &[(&str, &str)],
    ) -> Self {
        Self::of(issuer, &browser.complete(&url(response_type, parameters)).await).await
    }

    /// Reads an authorization response, and redeems its code if there is one.
    pub(super) async fn of(issuer: &TestIssuer, reply: &Reply) -> Self {
        let response = parameters_of(reply);
        let of_response = |name: &str| response.get(name).cloned();
        let tokens = match of_response("code") {
            Some(code) => Tokens::of(&issuer.redeem(CLIENT, &code).await),
            None => Tokens::default(),
        };
        let both = |front: Option<String>, back: &String| {
            let each = front.into_iter().chain([back.clone()]);
            each.filter(|token| !token.is_empty()).collect::<Vec<_>>()
        };
        let access_tokens = both(of_response("access_token"), &tokens.access_token);
        let mut id_tokens = Vec::new();
        for token in both(of_response("id_token"), &tokens.id_token) {
            id_tokens.push(issuer.verified(&token).await);
        }
        Self { response, tokens, id_tokens, access_tokens }
    }

    /// A claim that all ID tokens agree on.
    pub(super) fn claim(&self, name: &str) -> &Value {
        let first = &self.id_tokens[0][name];
        assert!(self.id_tokens.iter().all(|claims| claims[name] == *first), "{name}: {:?}", self.id_tokens);
        first
    }
}

/// The parameters of a response, in whichever mode it came.
pub(super) fn parameters_of(reply: &Reply) -> BTreeMap<String, String> {
    if reply.status == 200 {
        return form_of(reply, "form-post").fields;
    }
    let response = response_of(reply);
    response.to_form().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
