//! Secrets of clients that must be known here, and not only their digests — OpenID Connect Core §10.1: HMAC over
//! assertions, request objects and ID tokens, and symmetric encryption. They are kept sealed, as long as the client is
//! there: with the key that derives, since sealing keys come and go.

use hallpass_proto::env::Env;
use hallpass_proto::jose::jwk::KeyRejected;
use hallpass_proto::jose::jws::VerifyingKey;
use hallpass_proto::seal::Sealer;
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::key::KeyPurpose;
use crate::fault::Fault;
use crate::keys::Lifecycle;

const PURPOSE: &str = "client_secret";

/// A new secret that is long enough for every use that the client has registered: 256 bits in 43 characters, or twice
/// that where the server has to know it, for an HMAC of SHA-512 needs 64 bytes (RFC 7518 §3.2).
pub fn make(client: &Client, env: &Env) -> Secret {
    if client.needs_its_secret() {
        return Secret::new([env.token(), env.token()].map(|half| half.expose().clone()).concat());
    }
    env.token()
}

/// Whether a secret is as long as the algorithms need that the client is registered for (RFC 7518 §3.2).
pub fn check(client: &Client, secret: &Secret) -> Result<(), KeyRejected> {
    client.hmac_algs().try_for_each(|alg| VerifyingKey::hmac(alg, secret.expose().as_bytes()).map(drop))
}

/// Gives a client its secret: the digest in any case, and the secret itself, sealed, where its registration makes the
/// server need it.
///
/// # Errors
/// When the server's key cannot be had, or the secret is too short: see [`check`].
pub async fn give(keys: &Lifecycle<'_>, client: &mut Client, secret: &Secret) -> Result<(), Fault> {
    check(client, secret).map_err(|e| Fault::Key(format!("client {}: {e}", client.client_id)))?;
    client.client_secret = Some(secret.digest());
    client.client_secret_sealed = None;
    if client.needs_its_secret() {
        let key = keys.ensure(KeyPurpose::Derive).await?;
        let sealer = Sealer::new(keys.master_keys.open(&key)?.expose())?;
        // With its id, so that one client's secret cannot be put into another's place.
        let sealed = sealer.seal(PURPOSE, &(&client.client_id, secret.expose()), keys.env)?;
        client.client_secret_sealed = Some(sealed);
    }
    Ok(())
}

/// The secret of a client, if it is kept and is this client's.
pub(crate) fn open(core: &Core, client: &Client) -> Option<Secret> {
    let sealed = client.client_secret_sealed.as_deref()?;
    let (client_id, secret): (String, Secret) = core.keyring.sealer.open_kept(PURPOSE, sealed)?;
    (client_id == client.client_id).then_some(secret)
}
