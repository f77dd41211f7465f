//! How a client has what is said to it of a person: signed, encrypted, or both — OpenID Connect Core §2, §5.3.2, §10.
//!
//! Everything that it takes is found before a code is spent or a grant recorded, so that keys that cannot be had cost the
//! person nothing.

use std::sync::Arc;

use serde::Serialize;

use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::Encryption;
use hallpass_proto::jose::jwe::{Content, EncryptingKey};
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::{sign_claims, unsecured_claims};
use hallpass_proto::secret::Secret;

use crate::client_secret;
use crate::core::Core;
use crate::entity::client::Client;
use crate::fault::Fault;
use crate::refusal::{Failure, KeyFailure, Refusal};

/// Signs and encrypts for one client.
#[derive(Debug)]
pub(crate) struct Protection {
    signing: Signing,
    encryption: Option<EncryptingKey>,
}

#[derive(Debug)]
enum Signing {
    /// The claims as they are, for encryption alone.
    Plain,
    /// `none`.
    Unsecured,
    Key(Arc<SigningKey>),
}

impl Protection {
    /// Of ID tokens.
    pub(crate) async fn of_id_tokens(core: &Core, client: &Client) -> Result<Self, Failure> {
        let signing = match client.id_token_signed_response_alg {
            RegisteredAlg::None => Signing::Unsecured,
            RegisteredAlg::Signed(alg) => Signing::Key(signing_key(core, client, alg).await?),
        };
        Ok(Self {
            signing,
            encryption: encrypting_key(core, client, client.id_token_encrypted_response).await?,
        })
    }

    /// Of logout tokens: as of ID tokens (OpenID Connect Back-Channel Logout 1.0 §2.4), but for a client whose ID tokens
    /// nobody signs: "a Logout Token MUST be signed".
    pub(crate) async fn of_logout_tokens(core: &Core, client: &Client) -> Result<Self, Failure> {
        let alg = client.id_token_signed_response_alg.signed().unwrap_or(SigningAlg::Rs256);
        Ok(Self {
            signing: Signing::Key(signing_key(core, client, alg).await?),
            encryption: encrypting_key(core, client, client.id_token_encrypted_response).await?,
        })
    }

    /// Of UserInfo answers; none where they are plain JSON.
    pub(crate) async fn of_userinfo(core: &Core, client: &Client) -> Result<Option<Self>, Failure> {
        let signing = match client.userinfo_signed_response_alg {
            None if client.userinfo_encrypted_response.is_none() => return Ok(None),
            None => Signing::Plain,
            Some(alg) => Signing::Key(signing_key(core, client, alg).await?),
        };
        let encryption = encrypting_key(core, client, client.userinfo_encrypted_response).await?;
        Ok(Some(Self { signing, encryption }))
    }

    /// What it signs by. None: nobody signs.
    pub(crate) fn alg(&self) -> Option<SigningAlg> {
        match &self.signing {
            Signing::Key(key) => Some(key.alg()),
            Signing::Plain | Signing::Unsecured => None,
        }
    }

    /// The claims as the client wants them. OpenID Connect Core §16.14: signed first, then encrypted.
    pub(crate) fn protect(&self, core: &Core, claims: &impl Serialize) -> Result<Secret, Fault> {
        self.protect_as(core, "JWT", claims)
    }

    /// The same, with a `typ`.
    pub(crate) fn protect_as(
        &self,
        core: &Core,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<Secret, Fault> {
        let failed = |e: &dyn std::fmt::Display| Fault::Key(e.to_string());
        let jws = match &self.signing {
            Signing::Plain => None,
            Signing::Unsecured => Some(unsecured_claims(claims).map_err(|e| failed(&e))?),
            Signing::Key(key) => Some(sign_claims(key, Some(typ), claims).map_err(|e| failed(&e))?),
        };
        let (cty, inside) = match jws {
            Some(jws) => (Some("JWT"), jws),
            None => (None, serde_json::to_string(claims).map_err(|e| failed(&e))?),
        };
        let Some(key) = &self.encryption else { return Ok(inside.into()) };
        let content = Content { typ: Some(typ), cty, plaintext: inside.as_bytes() };
        key.encrypt(&content, &core.env).map(Secret::new).map_err(|e| failed(&e))
    }
}

/// Makes the keys that these clients are registered for and that are not there yet, so that no person waits for one.
pub(crate) async fn make_keys(core: &Core, clients: &[Client]) -> Result<(), Fault> {
    let algs =
        |client: &Client| [client.id_token_signed_response_alg.signed(), client.userinfo_signed_response_alg];
    for alg in clients.iter().flat_map(algs).flatten().filter(|alg| !alg.is_symmetric()) {
        core.keyring.ensure(core.store.as_ref(), &core.env, alg).await?;
    }
    Ok(())
}

async fn signing_key(core: &Core, client: &Client, alg: SigningAlg) -> Result<Arc<SigningKey>, Fault> {
    if !alg.is_symmetric() {
        return core.keyring.ensure(core.store.as_ref(), &core.env, alg).await;
    }
    // §10.1: "the octets of the UTF-8 representation of the client_secret value".
    let secret = known_secret(core, client)?;
    let key = SigningKey::hmac(alg, secret.expose().as_bytes());
    key.map(Arc::new).map_err(|e| Fault::Key(format!("client {}: {e}", client.client_id)))
}

async fn encrypting_key(
    core: &Core,
    client: &Client,
    encryption: Option<Encryption>,
) -> Result<Option<EncryptingKey>, Failure> {
    let Some(encryption) = encryption else { return Ok(None) };
    if encryption.alg.is_symmetric() {
        let key = EncryptingKey::from_client_secret(encryption, &known_secret(core, client)?);
        return Ok(Some(key.map_err(|e| Fault::Key(format!("client {}: {e}", client.client_id)))?));
    }
    let keys = match core.client_keys.set(core, client).await {
        Err(KeyFailure::Unavailable) => return Err(Refusal::EncryptionKeysUnreachable.into()),
        keys => keys.ok(),
    };
    let key = keys.and_then(|keys| EncryptingKey::choose(encryption, keys.jwks()));
    key.map(Some).ok_or_else(|| Refusal::EncryptionKeyMissing { alg: encryption.alg.as_str() }.into())
}

fn known_secret(core: &Core, client: &Client) -> Result<Secret, Fault> {
    let unknown =
        || Fault::Key(format!("the secret of client {} is not kept: register it anew", client.client_id));
    client_secret::open(core, client).ok_or_else(unknown)
}
