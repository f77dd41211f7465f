//! Authorization server metadata — RFC 8414, OpenID Connect Discovery 1.0 §3, and what later specs add to it.

use serde::{Deserialize, Serialize};

use crate::issuer::Issuer;

/// What a server says of itself. Members that this version does not know are passed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerMetadata {
    /// The issuer identifier, which must be the one that was asked for (RFC 8414 §3.3).
    pub issuer: Issuer,
    /// Absent when no flow uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Absent when only the implicit flow is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// The server's public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// OpenID Connect Core §5.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    /// RFC 7009.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// RFC 7662.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// OpenID Connect RP-Initiated Logout §2.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    /// OpenID Connect Session Management §3.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_session_iframe: Option<String>,
    /// OpenID Connect Registration §3, RFC 7591 §3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// RFC 8628 §4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<String>,
    /// Scope values that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// RFC 8414 requires it.
    #[serde(default)]
    pub response_types_supported: Vec<String>,
    /// How a response can come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<String>,
    /// Which grants the token endpoint knows, and `implicit`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// OpenID Connect Core §8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject_types_supported: Vec<String>,
    /// Algorithms of ID tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// `alg` of encrypted ID tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_alg_values_supported: Vec<String>,
    /// `enc` of encrypted ID tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_enc_values_supported: Vec<String>,
    /// Algorithms of signed UserInfo answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_signing_alg_values_supported: Vec<String>,
    /// `alg` of encrypted UserInfo answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_alg_values_supported: Vec<String>,
    /// `enc` of encrypted UserInfo answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_enc_values_supported: Vec<String>,
    /// Algorithms of request objects, `none` among them where they need no signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_object_signing_alg_values_supported: Vec<String>,
    /// `alg` of encrypted request objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_object_encryption_alg_values_supported: Vec<String>,
    /// `enc` of encrypted request objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_object_encryption_enc_values_supported: Vec<String>,
    /// How clients authenticate at the token endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Algorithms of client assertions at the token endpoint. RFC 8414 §2: there when a method needs one, and never `none`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How clients authenticate at the revocation endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    /// `alg` of the assertions there. RFC 8414 §2: there wherever assertions are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How callers authenticate at the introspection endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    /// `alg` of the assertions there. RFC 8414 §2: there wherever assertions are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// RFC 7636.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// Which claims may come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    /// Kinds of claims (OpenID Connect Core §5.6): `normal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_types_supported: Vec<String>,
    /// Values of `acr` that a sign-in here can have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values_supported: Vec<String>,
    /// Values of `display`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display_values_supported: Vec<String>,
    /// Values of `prompt` (OpenID Connect Prompt Create §4.1 defines the member).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt_values_supported: Vec<String>,
    /// Languages of the pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales_supported: Vec<String>,
    /// Whether the `claims` parameter is read. Absent means no.
    #[serde(default)]
    pub claims_parameter_supported: bool,
    /// Whether the `request` parameter is read. Absent means no.
    #[serde(default)]
    pub request_parameter_supported: bool,
    /// Whether the `request_uri` parameter is read. OpenID Connect Discovery §3: absent means yes.
    #[serde(default = "yes")]
    pub request_uri_parameter_supported: bool,
    /// Whether values of `request_uri` must be registered. Absent means no.
    #[serde(default)]
    pub require_request_uri_registration: bool,
    /// RFC 9207 §3: whether every authorization response has `iss`.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// OpenID Connect Front-Channel Logout §3: whether the browser loads the clients' pages at a sign-out.
    #[serde(default)]
    pub frontchannel_logout_supported: bool,
    /// Whether it loads them with `iss` and `sid`.
    #[serde(default)]
    pub frontchannel_logout_session_supported: bool,
    /// OpenID Connect Back-Channel Logout §2.1: whether logout tokens are sent.
    #[serde(default)]
    pub backchannel_logout_supported: bool,
    /// Whether they have `sid`.
    #[serde(default)]
    pub backchannel_logout_session_supported: bool,
}

const fn yes() -> bool {
    true
}

impl ServerMetadata {
    /// A document with the issuer and nothing else.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            authorization_endpoint: None,
            token_endpoint: None,
            jwks_uri: None,
            userinfo_endpoint: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            end_session_endpoint: None,
            check_session_iframe: None,
            registration_endpoint: None,
            device_authorization_endpoint: None,
            scopes_supported: Vec::new(),
            response_types_supported: Vec::new(),
            response_modes_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            subject_types_supported: Vec::new(),
            id_token_signing_alg_values_supported: Vec::new(),
            id_token_encryption_alg_values_supported: Vec::new(),
            id_token_encryption_enc_values_supported: Vec::new(),
            userinfo_signing_alg_values_supported: Vec::new(),
            userinfo_encryption_alg_values_supported: Vec::new(),
            userinfo_encryption_enc_values_supported: Vec::new(),
            request_object_signing_alg_values_supported: Vec::new(),
            request_object_encryption_alg_values_supported: Vec::new(),
            request_object_encryption_enc_values_supported: Vec::new(),
            token_endpoint_auth_methods_supported: Vec::new(),
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
            revocation_endpoint_auth_methods_supported: Vec::new(),
            revocation_endpoint_auth_signing_alg_values_supported: Vec::new(),
            introspection_endpoint_auth_methods_supported: Vec::new(),
            introspection_endpoint_auth_signing_alg_values_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
            claims_supported: Vec::new(),
            claim_types_supported: Vec::new(),
            acr_values_supported: Vec::new(),
            display_values_supported: Vec::new(),
            prompt_values_supported: Vec::new(),
            ui_locales_supported: Vec::new(),
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_request_uri_registration: false,
            authorization_response_iss_parameter_supported: false,
            frontchannel_logout_supported: false,
            frontchannel_logout_session_supported: false,
            backchannel_logout_supported: false,
            backchannel_logout_session_supported: false,
        }
    }
}
