//! The rules for a client that an operator registers, in the file or by `hallpass client add`: the metadata of RFC 7591
//! §2, its defaults, and what goes together.

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Time;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::scope::Scope;
use hallpass_proto::token::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, IMPLICIT, PASSWORD, REFRESH_TOKEN};
use hallpass_server::entity::client::Client;
use url::Url;

/// What was typed, in the names of RFC 7591 §2.
#[derive(Default)]
pub(crate) struct ClientForm {
    pub(crate) client_id: String,
    pub(crate) client_name: Option<String>,
    pub(crate) token_endpoint_auth_method: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
    pub(crate) grant_types: Option<Vec<String>>,
    pub(crate) response_types: Option<Vec<String>>,
    pub(crate) scope: Option<String>,
    pub(crate) require_pkce: Option<bool>,
    pub(crate) audience: Vec<String>,
    pub(crate) id_token_signed_response_alg: Option<String>,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) policy_uri: Option<String>,
    pub(crate) tos_uri: Option<String>,
}

/// A field that cannot be so.
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    /// Which of the field's values.
    pub(crate) at: usize,
    pub(crate) why: String,
}

/// The methods that the server accepts.
const METHODS: [AuthMethod; 3] =
    [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::None];
const GRANTS: [&str; 5] = [AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, PASSWORD, IMPLICIT];
/// The longest `client_id` that the server looks for.
const LONGEST_CLIENT_ID: usize = 2048;

impl ClientForm {
    /// The client without its secret, or every field that is wrong.
    pub(crate) fn check(&self, now: Time) -> Result<Client, Vec<Wrong>> {
        let mut found = Findings::default();
        let printable = self.client_id.bytes().all(|b| (0x20..=0x7e).contains(&b));
        if self.client_id.is_empty() || !printable || self.client_id.len() > LONGEST_CLIENT_ID {
            found.wrong(
                "client_id",
                0,
                "must be printable ASCII (RFC 6749 Appendix A.1), 2048 characters at most",
            );
        }
        let method = match &self.token_endpoint_auth_method {
            None => AuthMethod::ClientSecretBasic,
            Some(text) => METHODS.into_iter().find(|method| method.as_str() == text).unwrap_or_else(|| {
                let known: Vec<&str> = METHODS.iter().map(|method| method.as_str()).collect();
                found.wrong(
                    "token_endpoint_auth_method",
                    0,
                    &format!("{text:?} is not one of {}", known.join(", ")),
                );
                AuthMethod::ClientSecretBasic
            }),
        };
        let grant_types = self.grant_types.clone().unwrap_or_else(|| vec![AUTHORIZATION_CODE.to_owned()]);
        for (at, grant) in
            grant_types.iter().enumerate().filter(|(_, grant)| !GRANTS.contains(&grant.as_str()))
        {
            found.wrong("grant_types", at, &format!("{grant:?} is not one of {}", GRANTS.join(", ")));
        }
        let client = Client {
            client_name: self.client_name.clone().unwrap_or_else(|| self.client_id.clone()),
            token_endpoint_auth_method: method,
            redirect_uris: found.uris("redirect_uris", &self.redirect_uris),
            post_logout_redirect_uris: found
                .uris("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            response_types: self.response_types(&grant_types, &mut found),
            grant_types,
            scope: match self.scope.as_deref().unwrap_or_default().parse::<Scope>() {
                Ok(scope) => scope,
                Err(why) => {
                    found.wrong("scope", 0, &why.to_string());
                    Scope::empty()
                }
            },
            require_pkce: self.require_pkce.unwrap_or(true),
            audience: self.audience.clone(),
            id_token_signed_response_alg: match self.id_token_signed_response_alg.as_deref().map(signing_alg)
            {
                None => SigningAlg::Rs256.into(),
                Some(Ok(alg)) => alg.into(),
                Some(Err(why)) => {
                    found.wrong("id_token_signed_response_alg", 0, &why);
                    SigningAlg::Rs256.into()
                }
            },
            client_uri: found.page("client_uri", self.client_uri.as_ref()),
            logo_uri: found.page("logo_uri", self.logo_uri.as_ref()),
            policy_uri: found.page("policy_uri", self.policy_uri.as_ref()),
            tos_uri: found.page("tos_uri", self.tos_uri.as_ref()),
            ..Client::new(&self.client_id, now)
        };
        found.contradictions(&client);
        if found.0.is_empty() { Ok(client) } else { Err(found.0) }
    }

    /// RFC 7591 §2: "If omitted, the default is that the client will use only the "code" response type", which is none
    /// at all for a client without that grant.
    fn response_types(&self, grant_types: &[String], found: &mut Findings) -> Vec<ResponseType> {
        let Some(texts) = &self.response_types else {
            let code = grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE);
            return if code { vec![ResponseType::CODE] } else { vec![] };
        };
        let mut types = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            match text.parse() {
                Ok(response_type) => types.push(response_type),
                Err(_) => found.wrong("response_types", at, &format!("{text:?} is not a response type")),
            }
        }
        types
    }
}

#[derive(Default)]
struct Findings(Vec<Wrong>);

impl Findings {
    fn wrong(&mut self, field: &'static str, at: usize, why: &str) {
        self.0.push(Wrong { field, at, why: why.to_owned() });
    }

    fn uris(&mut self, field: &'static str, texts: &[String]) -> Vec<RedirectUri> {
        let mut uris = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            match RedirectUri::parse(text) {
                Ok(uri) => uris.push(uri),
                Err(why) => self.wrong(field, at, &format!("{text:?} cannot be registered: {why}")),
            }
        }
        uris
    }

    fn page(&mut self, field: &'static str, text: Option<&String>) -> Option<String> {
        let text = text?;
        if !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host()) {
            self.wrong(field, 0, &format!("{text:?} is not an http or https URL"));
        }
        Some(text.clone())
    }

    /// RFC 7591 §2.1: grant types and response types go together.
    fn contradictions(&mut self, client: &Client) {
        let redirects = client.may_use_grant(AUTHORIZATION_CODE) || client.may_use_grant(IMPLICIT);
        if redirects && client.redirect_uris.is_empty() && !self.0.iter().any(|w| w.field == "redirect_uris")
        {
            self.wrong("redirect_uris", 0, "is empty, but the client's grant types need one");
        }
        for (at, response_type) in client.response_types.iter().enumerate() {
            if response_type.code() && !client.may_use_grant(AUTHORIZATION_CODE) {
                self.wrong("response_types", at, "holds code without the grant type authorization_code");
            }
            if (response_type.id_token() || response_type.token()) && !client.may_use_grant(IMPLICIT) {
                self.wrong("response_types", at, "holds a token without the grant type implicit");
            }
        }
        if client.is_public() && client.may_use_grant(CLIENT_CREDENTIALS) {
            self.wrong(
                "grant_types",
                0,
                "holds client_credentials, which RFC 6749 section 4.4 keeps from a public client",
            );
        }
    }
}

/// An algorithm that the server has a key for.
pub(crate) fn signing_alg(text: &str) -> Result<SigningAlg, String> {
    match text.parse() {
        Ok(alg @ (SigningAlg::Rs256 | SigningAlg::Es256)) => Ok(alg),
        _ => Err(format!("{text:?} is not one of RS256, ES256")),
    }
}
