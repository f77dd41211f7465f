//! What the server says of itself — RFC 8414, OpenID Connect Discovery 1.0. Built once, from the settings alone.

use hallpass_proto::authorize::{Display, Prompt, ResponseMode, ResponseType};
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, KeyManagementAlg};
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::pkce::S256;
use hallpass_proto::scope::STANDARD;
use hallpass_proto::token::IMPLICIT;

use crate::authorize::request_object;
use crate::client_auth;
use crate::config::Config;
use crate::grant::GRANTS;
use crate::http::path;
use crate::register::policy::RegistrationAccess;

/// The metadata document.
pub(crate) fn document(config: &Config) -> ServerMetadata {
    let at = |path: &str| Some(config.issuer.endpoint(path));
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let methods: Vec<String> = client_auth::METHODS.iter().map(ToString::to_string).collect();
    let confidential = client_auth::METHODS.iter().filter(|method| **method != AuthMethod::None);
    let assertion_algs: Vec<String> = client_auth::assertion::ALGS.iter().map(ToString::to_string).collect();
    let of_people = config.claims.iter().map(|claim| claim.name.as_str());
    let of_tokens =
        ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "c_hash", "sid"];
    ServerMetadata {
        authorization_endpoint: at(path::AUTHORIZE),
        token_endpoint: at(path::TOKEN),
        jwks_uri: at(path::JWKS),
        userinfo_endpoint: at(path::USERINFO),
        revocation_endpoint: at(path::REVOKE),
        introspection_endpoint: at(path::INTROSPECT),
        end_session_endpoint: at(path::END_SESSION),
        registration_endpoint: at(path::REGISTER)
            .filter(|_| config.registration.access != RegistrationAccess::Off),
        check_session_iframe: at(path::CHECK_SESSION),
        device_authorization_endpoint: at(path::DEVICE_AUTHORIZATION),
        scopes_supported: words(&STANDARD),
        response_types_supported: ResponseType::ALL.iter().map(ToString::to_string).collect(),
        response_modes_supported: ResponseMode::ALL.iter().map(|m| m.as_str().to_owned()).collect(),
        grant_types_supported: GRANTS.iter().map(|g| g.name()).chain([IMPLICIT]).map(str::to_owned).collect(),
        subject_types_supported: words(&["public", "pairwise"]),
        id_token_signing_alg_values_supported: signing_algs()
            .chain([RegisteredAlg::None.as_str().to_owned()])
            .collect(),
        id_token_encryption_alg_values_supported: encryption_algs(),
        id_token_encryption_enc_values_supported: encryption_encs(),
        userinfo_signing_alg_values_supported: signing_algs().collect(),
        userinfo_encryption_alg_values_supported: encryption_algs(),
        userinfo_encryption_enc_values_supported: encryption_encs(),
        token_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
        introspection_endpoint_auth_methods_supported: confidential.map(ToString::to_string).collect(),
        introspection_endpoint_auth_signing_alg_values_supported: assertion_algs,
        code_challenge_methods_supported: words(&[S256]),
        claims_supported: of_tokens.into_iter().chain(of_people).map(str::to_owned).collect(),
        claim_types_supported: words(&["normal"]),
        claims_parameter_supported: true,
        acr_values_supported: config.acr_values.iter().map(|acr| acr.name.clone()).collect(),
        display_values_supported: Display::ALL.iter().map(|d| d.as_str().to_owned()).collect(),
        prompt_values_supported: Prompt::ALL
            .iter()
            .filter(|prompt| **prompt != Prompt::Create || config.sign_up)
            .map(|p| p.as_str().to_owned())
            .collect(),
        request_parameter_supported: true,
        request_uri_parameter_supported: true,
        require_request_uri_registration: true,
        request_object_signing_alg_values_supported: request_object::algs()
            .map(|alg| alg.as_str().to_owned())
            .collect(),
        request_object_encryption_alg_values_supported: request_object::ENCRYPTION_ALGS
            .iter()
            .map(ToString::to_string)
            .collect(),
        request_object_encryption_enc_values_supported: encryption_encs(),
        authorization_response_iss_parameter_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        ..ServerMetadata::new(config.issuer.clone())
    }
}

/// What ID tokens and UserInfo answers can be signed by.
fn signing_algs() -> impl Iterator<Item = String> {
    SigningAlg::ALL.iter().map(ToString::to_string)
}

/// What they can be encrypted by: every algorithm that is known.
fn encryption_algs() -> Vec<String> {
    KeyManagementAlg::ALL.iter().map(ToString::to_string).collect()
}

fn encryption_encs() -> Vec<String> {
    ContentEncryptionAlg::ALL.iter().map(ToString::to_string).collect()
}
