//! From a client back to its metadata — RFC 7591 §3.2.1: "all registered metadata about this client".

use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::Encryption;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::registration::ClientMetadata;
use serde_json::Value;

use crate::entity::client::{ApplicationType, Client, SubjectType};

/// What is registered, defaults included. Neither secrets nor anything about them is in it.
pub fn metadata_of(client: &Client) -> ClientMetadata {
    let uris = |uris: &[RedirectUri]| some(uris.iter().map(ToString::to_string).collect());
    let alg = |alg: Option<SigningAlg>| alg.map(|alg| alg.as_str().to_owned());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (id_token_encrypted_response_alg, id_token_encrypted_response_enc) =
        pair(client.id_token_encrypted_response);
    let (userinfo_encrypted_response_alg, userinfo_encrypted_response_enc) =
        pair(client.userinfo_encrypted_response);
    let (request_object_encryption_alg, request_object_encryption_enc) =
        pair(client.request_object_encryption);
    ClientMetadata {
        redirect_uris: uris(&client.redirect_uris),
        response_types: Some(client.response_types.iter().map(ToString::to_string).collect()),
        grant_types: Some(client.grant_types.clone()),
        application_type: Some(application_type(client.application_type).to_owned()),
        contacts: some(client.contacts.clone()),
        client_name: text(&client.client_name),
        logo_uri: client.logo_uri.clone(),
        client_uri: client.client_uri.clone(),
        policy_uri: client.policy_uri.clone(),
        tos_uri: client.tos_uri.clone(),
        jwks_uri: client.jwks_uri.clone(),
        jwks: client.jwks.as_ref().and_then(|jwks| match serde_json::to_value(jwks) {
            Ok(Value::Object(jwks)) => Some(jwks),
            Ok(_) | Err(_) => None,
        }),
        sector_identifier_uri: client.sector_identifier_uri.clone(),
        subject_type: Some(subject_type(client.subject_type).to_owned()),
        id_token_signed_response_alg: Some(client.id_token_signed_response_alg.as_str().to_owned()),
        id_token_encrypted_response_alg,
        id_token_encrypted_response_enc,
        userinfo_signed_response_alg: alg(client.userinfo_signed_response_alg),
        userinfo_encrypted_response_alg,
        userinfo_encrypted_response_enc,
        request_object_signing_alg: client
            .request_object_signing_alg
            .map(RegisteredAlg::as_str)
            .map(str::to_owned),
        request_object_encryption_alg,
        request_object_encryption_enc,
        token_endpoint_auth_method: Some(client.token_endpoint_auth_method.to_string()),
        token_endpoint_auth_signing_alg: alg(client.token_endpoint_auth_signing_alg),
        default_max_age: client.default_max_age,
        require_auth_time: Some(client.require_auth_time),
        default_acr_values: some(client.default_acr_values.clone()),
        initiate_login_uri: client.initiate_login_uri.clone(),
        request_uris: some(client.request_uris.clone()),
        post_logout_redirect_uris: uris(&client.post_logout_redirect_uris),
        backchannel_logout_uri: client.backchannel_logout_uri.clone(),
        backchannel_logout_session_required: with(
            client.backchannel_logout_uri.as_ref(),
            client.backchannel_logout_session_required,
        ),
        frontchannel_logout_uri: client.frontchannel_logout_uri.clone(),
        frontchannel_logout_session_required: with(
            client.frontchannel_logout_uri.as_ref(),
            client.frontchannel_logout_session_required,
        ),
        scope: text(&client.scope.to_string()),
        software_id: client.software_id.clone(),
        software_version: client.software_version.clone(),
        software_statement: client.software_statement.clone(),
        require_pkce: Some(client.needs_pkce()),
        audience: some(client.audience.clone()),
        localized: client.localized.clone(),
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

/// What is said of an address, where there is one.
fn with<T>(uri: Option<&String>, value: T) -> Option<T> {
    uri.map(|_| value)
}

fn pair(encryption: Option<Encryption>) -> (Option<String>, Option<String>) {
    (
        encryption.map(|encryption| encryption.alg.to_string()),
        encryption.map(|encryption| encryption.enc.to_string()),
    )
}

fn application_type(application_type: ApplicationType) -> &'static str {
    match application_type {
        ApplicationType::Web => "web",
        ApplicationType::Native => "native",
    }
}

fn subject_type(subject_type: SubjectType) -> &'static str {
    match subject_type {
        SubjectType::Public => "public",
        SubjectType::Pairwise => "pairwise",
    }
}
