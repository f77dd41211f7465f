//! The authorization request and its response — RFC 6749 §4.1.1–§4.2.2, OpenID Connect Core §3, RFC 9207,
//! and OAuth 2.0 Multiple Response Type Encoding Practices.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorBody, ErrorCode};
use crate::param::{Form, FormError};
use crate::pkce::{CodeChallenge, S256};
use crate::redirect_uri::with_query;
use crate::scope::Scope;
use crate::secret::Secret;

/// A `response_type`: a set of `code`, `id_token` and `token`; order on the wire means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResponseType {
    code: bool,
    id_token: bool,
    token: bool,
}

/// A `response_type` that is not a set of the known words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown response_type")]
pub struct UnknownResponseType;

impl ResponseType {
    /// `code`: the authorization code flow.
    pub const CODE: Self = Self { code: true, id_token: false, token: false };
    /// `token`: the implicit flow of plain OAuth.
    pub const TOKEN: Self = Self { code: false, id_token: false, token: true };
    /// `id_token`: the implicit flow of OpenID Connect, without access token.
    pub const ID_TOKEN: Self = Self { code: false, id_token: true, token: false };
    /// `id_token token`.
    pub const ID_TOKEN_TOKEN: Self = Self { code: false, id_token: true, token: true };
    /// `code id_token`: the hybrid flow (OpenID Connect Core §3.3), whose front channel has no access token.
    pub const CODE_ID_TOKEN: Self = Self { code: true, id_token: true, token: false };
    /// `code token`.
    pub const CODE_TOKEN: Self = Self { code: true, id_token: false, token: true };
    /// `code id_token token`.
    pub const CODE_ID_TOKEN_TOKEN: Self = Self { code: true, id_token: true, token: true };
    /// Every response type, in the order of the metadata document.
    pub const ALL: [Self; 7] = [
        Self::CODE,
        Self::TOKEN,
        Self::ID_TOKEN,
        Self::ID_TOKEN_TOKEN,
        Self::CODE_ID_TOKEN,
        Self::CODE_TOKEN,
        Self::CODE_ID_TOKEN_TOKEN,
    ];

    /// Whether a code is returned.
    pub const fn code(self) -> bool {
        self.code
    }

    /// Whether an ID token is returned from the authorization endpoint.
    pub const fn id_token(self) -> bool {
        self.id_token
    }

    /// Whether an access token is returned from the authorization endpoint.
    pub const fn token(self) -> bool {
        self.token
    }

    /// Multiple Response Types §2.1, §5: `query` for `code` alone, `fragment` when a token is in the response.
    pub const fn default_mode(self) -> ResponseMode {
        if self.id_token || self.token { ResponseMode::Fragment } else { ResponseMode::Query }
    }
}

impl FromStr for ResponseType {
    type Err = UnknownResponseType;

    fn from_str(text: &str) -> Result<Self, UnknownResponseType> {
        let mut set = Self { code: false, id_token: false, token: false };
        for word in text.split(' ') {
            let seen = match word {
                "code" => &mut set.code,
                "id_token" => &mut set.id_token,
                "token" => &mut set.token,
                _ => return Err(UnknownResponseType),
            };
            if std::mem::replace(seen, true) {
                return Err(UnknownResponseType);
            }
        }
        Ok(set)
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (on, word) in [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")] {
            if on {
                write!(f, "{separator}{word}")?;
                separator = " ";
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for ResponseType {
    type Error = UnknownResponseType;

    fn try_from(text: String) -> Result<Self, UnknownResponseType> {
        text.parse()
    }
}

impl From<ResponseType> for String {
    fn from(set: ResponseType) -> Self {
        set.to_string()
    }
}

/// A `response_mode`: where the parameters of the response go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// The query of the redirect URI.
    Query,
    /// The fragment of the redirect URI.
    Fragment,
    /// A form that the browser posts to the redirect URI (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    /// Every mode, in the order of the metadata document.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// Reads the parameter.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// A `display`: what the pages are shown in (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Display {
    /// A full page. "the default display mode".
    #[default]
    Page,
    /// A popup window.
    Popup,
    /// A device with a touch screen.
    Touch,
    /// A feature phone.
    Wap,
}

impl Display {
    /// Every value, in the order of the metadata document.
    pub const ALL: [Self; 4] = [Self::Page, Self::Popup, Self::Touch, Self::Wap];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }

    /// Reads the parameter.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|display| display.as_str() == text)
    }
}

/// One value of `prompt` (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show no page.
    None,
    /// Sign in again.
    Login,
    /// Ask for consent again.
    Consent,
    /// Let the person choose an account.
    SelectAccount,
    /// Let the person make an account (Initiating User Registration via OpenID Connect 1.0).
    Create,
}

impl Prompt {
    /// Every value.
    pub const ALL: [Self; 5] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount, Self::Create];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }

    /// Reads the parameter. `none` with another value, and an unknown value, are errors.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let mut list = Vec::new();
        for word in text.split(' ').filter(|w| !w.is_empty()) {
            list.push(Self::ALL.into_iter().find(|p| p.as_str() == word)?);
        }
        (!list.contains(&Self::None) || list.len() == 1).then_some(list)
    }
}

/// An authorization request as a client makes it.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: String,
    /// Where the response goes.
    pub redirect_uri: String,
    /// What is asked for.
    pub response_type: ResponseType,
    /// Where the parameters of the response go; absent means the default of the response type.
    pub response_mode: Option<ResponseMode>,
    /// The scope; empty means none is sent.
    pub scope: Scope,
    /// Binds the response to the browser that made the request.
    pub state: Option<Secret>,
    /// Binds the ID token to the request.
    pub nonce: Option<String>,
    /// PKCE.
    pub code_challenge: Option<CodeChallenge>,
    /// Which pages to show.
    pub prompt: Vec<Prompt>,
    /// How old the authentication may be, in seconds.
    pub max_age: Option<i64>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Further parameters.
    pub extra: Vec<(String, String)>,
}

impl AuthorizationRequest {
    /// The request with nothing but what every request has.
    pub fn new(client_id: &str, redirect_uri: &str, response_type: ResponseType) -> Self {
        Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            response_type,
            response_mode: None,
            scope: Scope::empty(),
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: Vec::new(),
            max_age: None,
            login_hint: None,
            extra: Vec::new(),
        }
    }

    /// The parameters.
    pub fn to_form(&self) -> Form<'_> {
        let mut form = Form::default();
        form.push("response_type", self.response_type.to_string());
        form.push("client_id", self.client_id.as_str());
        form.push("redirect_uri", self.redirect_uri.as_str());
        form.push_some("scope", (!self.scope.is_empty()).then(|| self.scope.to_string()));
        form.push_some("state", self.state.as_ref().map(|s| s.expose().as_str()));
        form.push_some("nonce", self.nonce.as_deref());
        form.push_some("response_mode", self.response_mode.map(ResponseMode::as_str));
        if let Some(challenge) = &self.code_challenge {
            form.push("code_challenge", challenge.as_str());
            form.push("code_challenge_method", S256);
        }
        let prompt: Vec<&str> = self.prompt.iter().map(|p| p.as_str()).collect();
        form.push_some("prompt", (!prompt.is_empty()).then(|| prompt.join(" ")));
        form.push_some("max_age", self.max_age.map(|s| s.to_string()));
        form.push_some("login_hint", self.login_hint.as_deref());
        for (name, value) in &self.extra {
            form.push(name.as_str(), value.as_str());
        }
        form
    }

    /// The URL to send the browser to.
    pub fn to_url(&self, authorization_endpoint: &str) -> String {
        with_query(authorization_endpoint, &self.to_form().encode())
    }
}

/// An authorization response: what comes back at the redirect URI, of whichever flow.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationResponse {
    /// The code (RFC 6749 §4.1.2).
    pub code: Option<Secret>,
    /// The access token (§4.2.2).
    pub access_token: Option<Secret>,
    /// Its type.
    pub token_type: Option<String>,
    /// Its lifetime in seconds.
    pub expires_in: Option<i64>,
    /// The ID token.
    pub id_token: Option<Secret>,
    /// The scope of the access token, when it is not the one that was asked for.
    pub scope: Option<Scope>,
    /// What the request had.
    pub state: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// What the person's session can be watched by (OpenID Connect Session Management 1.0 §2).
    pub session_state: Option<String>,
    /// Set when the answer is no.
    pub error: Option<ErrorBody>,
}

impl AuthorizationResponse {
    /// A refusal.
    pub fn refused(error: ErrorBody) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    /// The parameters.
    pub fn to_form(&self) -> Form<'_> {
        let mut form = Form::default();
        if let Some(error) = &self.error {
            form.push("error", error.error.as_str());
            form.push_some("error_description", error.error_description.as_deref());
            form.push_some("error_uri", error.error_uri.as_deref());
        }
        form.push_some("code", self.code.as_ref().map(|s| s.expose().as_str()));
        form.push_some("access_token", self.access_token.as_ref().map(|s| s.expose().as_str()));
        form.push_some("token_type", self.token_type.as_deref());
        form.push_some("expires_in", self.expires_in.map(|s| s.to_string()));
        form.push_some("id_token", self.id_token.as_ref().map(|s| s.expose().as_str()));
        form.push_some("scope", self.scope.as_ref().map(Scope::to_string));
        form.push_some("state", self.state.as_deref());
        form.push_some("iss", self.iss.as_deref());
        form.push_some("session_state", self.session_state.as_deref());
        form
    }

    /// The redirect for `query` and `fragment`; a form post is a page instead.
    pub fn to_url(&self, redirect_uri: &str, mode: ResponseMode) -> Option<String> {
        let encoded = self.to_form().encode();
        match mode {
            ResponseMode::Query => Some(with_query(redirect_uri, &encoded)),
            ResponseMode::Fragment => Some(format!("{redirect_uri}#{encoded}")),
            ResponseMode::FormPost => None,
        }
    }

    /// Reads a query, a fragment or a form body. A repeated parameter is refused; a value that cannot be read
    /// as what it should be is refused too.
    pub fn parse(encoded: &[u8]) -> Result<Self, FormError> {
        let form = Form::parse(encoded)?.no_duplicates()?;
        let secret = |name| form.get(name).map(Secret::from);
        let text = |name| form.get(name).map(str::to_owned);
        let error = form.get("error").map(|code| {
            let Ok(error) = code.parse::<ErrorCode>();
            ErrorBody { error, error_description: text("error_description"), error_uri: text("error_uri") }
        });
        Ok(Self {
            code: secret("code"),
            access_token: secret("access_token"),
            token_type: text("token_type"),
            expires_in: form.get("expires_in").map(str::parse).transpose().map_err(|_| FormError::NotText)?,
            id_token: secret("id_token"),
            scope: form.get("scope").map(str::parse).transpose().map_err(|_| FormError::NotText)?,
            state: text("state"),
            iss: text("iss"),
            session_state: text("session_state"),
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_response_type_is_a_set() {
        assert_eq!("token id_token".parse(), Ok(ResponseType::ID_TOKEN_TOKEN));
        assert_eq!(ResponseType::ID_TOKEN_TOKEN.to_string(), "id_token token");
        for response_type in ResponseType::ALL {
            assert_eq!(response_type.to_string().parse(), Ok(response_type));
        }
        for text in ["", "code code", "code  token", "none", "Code", "code "] {
            assert_eq!(text.parse::<ResponseType>(), Err(UnknownResponseType), "{text:?}");
        }
    }

    /// security.md 19: `prompt=none login` is an error.
    #[test]
    fn prompt_none_stands_alone() {
        assert_eq!(Prompt::parse_list("login consent"), Some(vec![Prompt::Login, Prompt::Consent]));
        assert_eq!(Prompt::parse_list("none"), Some(vec![Prompt::None]));
        assert_eq!(Prompt::parse_list("none login"), None);
        assert_eq!(Prompt::parse_list("maybe"), None);
    }

    proptest! {
        /// P6, security.md 12: `state` comes back byte for byte.
        #[test]
        fn state_survives_the_round_trip(state in "[^\0]{1,300}", mode in prop_oneof![Just(ResponseMode::Query), Just(ResponseMode::Fragment)]) {
            let response = AuthorizationResponse { state: Some(state.clone()), code: Some("c".into()), ..Default::default() };
            let url = response.to_url("https://a.example/cb?x=1", mode).expect("a redirect");
            let encoded = match mode { ResponseMode::Query => url.split_once("?x=1&"), _ => url.split_once('#') };
            let read = AuthorizationResponse::parse(encoded.expect("parameters").1.as_bytes()).expect("parses");
            prop_assert_eq!(read.state, Some(state));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = AuthorizationResponse::parse(&bytes);
        }
    }
}
