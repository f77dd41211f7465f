//! Keys that encrypt — RFC 7516 §5.1, RFC 7518 §4, OpenID Connect Core §10.2. The recipient's public key, or what both
//! sides know, with the one pair of algorithms that it is used for.

use std::fmt;

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;

use super::ecdh::Point;
use super::encryption::{Encryption, KeyManagementAlg};
use super::jwe_error::EncryptError;
use super::jwk::{Jwk, KeyParams, KeyRejected};
use super::key_wrap::{oaep, wrap};
use super::verifying_key::check_rsa;
use crate::env::Env;
use crate::secret::Secret;

/// How many keys of a set are tried.
const TRIED: usize = 8;

/// A key that content is encrypted to.
pub struct EncryptingKey {
    encryption: Encryption,
    pub(super) kid: Option<String>,
    recipient: Recipient,
}

enum Recipient {
    Rsa(OaepPublicEncryptingKey),
    Ecdh(Point),
    Shared(Secret<Vec<u8>>),
}

/// A content encryption key, and what tells the recipient which it is.
pub(super) struct ContentKey {
    pub(super) key: Secret<Vec<u8>>,
    pub(super) encrypted: Vec<u8>,
    pub(super) epk: Option<Jwk>,
}

impl EncryptingKey {
    /// The recipient's public key, if it is one that may be used for this.
    pub fn from_jwk(encryption: Encryption, jwk: &Jwk) -> Result<Self, KeyRejected> {
        let alg = encryption.alg;
        may_encrypt(alg, jwk)?;
        let recipient = match (&jwk.params, alg) {
            (KeyParams::Rsa { n, e }, KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256) => {
                check_rsa(n, e)?;
                let key: PublicEncryptingKey =
                    RsaPublicKeyComponents { n, e }.try_into().map_err(|_| KeyRejected::Library)?;
                Recipient::Rsa(OaepPublicEncryptingKey::new(key).map_err(|_| KeyRejected::Library)?)
            }
            (
                params @ (KeyParams::Ec { .. } | KeyParams::Okp { .. }),
                KeyManagementAlg::EcdhEs | KeyManagementAlg::EcdhEsA128Kw | KeyManagementAlg::EcdhEsA256Kw,
            ) => {
                let point = Point::from_params(params).map_err(|_| KeyRejected::EncryptionAlg(alg))?;
                // What is no point of the curve is found here, and not by the first token.
                let trial =
                    PrivateKey::generate(point.curve.algorithm()).map_err(|_| KeyRejected::Library)?;
                point.agree(&trial, encryption, &[], &[]).ok_or(KeyRejected::Point)?;
                Recipient::Ecdh(point)
            }
            _ => return Err(KeyRejected::EncryptionAlg(alg)),
        };
        Ok(Self { encryption, kid: jwk.kid.clone(), recipient })
    }

    /// The key of a set that is best for this: one that names the algorithm, or else one whose `use` is `enc`, or else
    /// any that fits. None when none fits, or the first eight that should are no good: each try makes a key.
    pub fn choose<'k>(encryption: Encryption, keys: impl IntoIterator<Item = &'k Jwk>) -> Option<Self> {
        let rank = |jwk: &&Jwk| (jwk.alg.is_none(), jwk.public_key_use.is_none());
        let mut keys: Vec<&Jwk> = keys.into_iter().filter(|jwk| may_fit(encryption.alg, jwk)).collect();
        keys.sort_by_key(rank);
        keys.into_iter().take(TRIED).find_map(|jwk| Self::from_jwk(encryption, jwk).ok())
    }

    /// A key that both sides know, of the length that the algorithms say.
    pub fn shared(encryption: Encryption, key: Secret<Vec<u8>>) -> Result<Self, KeyRejected> {
        let key = shared(encryption, key)?;
        Ok(Self { encryption, kid: None, recipient: Recipient::Shared(key) })
    }

    /// The key that a client and its issuer find in the `client_secret` (OpenID Connect Core §10.2).
    pub fn from_client_secret(encryption: Encryption, secret: &Secret) -> Result<Self, KeyRejected> {
        Self::shared(encryption, of_client_secret(encryption, secret)?)
    }

    /// What it encrypts by.
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    pub(super) fn content_key(&self, env: &Env) -> Result<ContentKey, EncryptError> {
        let Encryption { alg, enc } = self.encryption;
        let fresh = || Secret::new(env.bytes::<64>()[..enc.key_len()].to_vec());
        match &self.recipient {
            Recipient::Rsa(public) => {
                let key = fresh();
                let hashes = oaep(alg).ok_or(EncryptError::Library)?;
                let mut encrypted = vec![0; public.ciphertext_size()];
                let length = public
                    .encrypt(hashes, key.expose(), &mut encrypted, None)
                    .map_err(|_| EncryptError::Library)?
                    .len();
                encrypted.truncate(length);
                Ok(ContentKey { key, encrypted, epk: None })
            }
            Recipient::Ecdh(point) => {
                let private =
                    PrivateKey::generate(point.curve.algorithm()).map_err(|_| EncryptError::Library)?;
                let params = Point::of(point.curve, &private).map_err(|_| EncryptError::Library)?;
                let epk = Some(Jwk { kid: None, alg: None, public_key_use: None, key_ops: None, params });
                let agreed =
                    point.agree(&private, self.encryption, &[], &[]).ok_or(EncryptError::Agreement)?;
                if alg.is_direct() {
                    return Ok(ContentKey { key: agreed, encrypted: Vec::new(), epk });
                }
                let key = fresh();
                let encrypted = wrap(&agreed, key.expose()).ok_or(EncryptError::Library)?;
                Ok(ContentKey { key, encrypted, epk })
            }
            Recipient::Shared(shared) if alg.is_direct() => {
                Ok(ContentKey { key: shared.clone(), encrypted: Vec::new(), epk: None })
            }
            Recipient::Shared(shared) => {
                let key = fresh();
                let encrypted = wrap(shared, key.expose()).ok_or(EncryptError::Library)?;
                Ok(ContentKey { key, encrypted, epk: None })
            }
        }
    }
}

impl fmt::Debug for EncryptingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Encryption { alg, enc } = self.encryption;
        write!(f, "EncryptingKey({alg}, {enc}, {:?})", self.kid)
    }
}

/// Whether it is of the kind that the algorithm needs, and may be used for it, as far as can be seen without any work.
fn may_fit(alg: KeyManagementAlg, jwk: &Jwk) -> bool {
    let rsa = matches!(alg, KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256);
    matches!(jwk.params, KeyParams::Rsa { .. }) == rsa && may_encrypt(alg, jwk).is_ok()
}

/// RFC 7517 §4.2 to §4.4. The members are rarely there; when they are, they count. A public key of ECDH may have
/// `key_ops` that are empty.
fn may_encrypt(alg: KeyManagementAlg, jwk: &Jwk) -> Result<(), KeyRejected> {
    const OPS: [&str; 4] = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];
    if jwk.public_key_use.as_ref().is_some_and(|word| word != "enc") {
        return Err(KeyRejected::UseNotEnc);
    }
    let other = |ops: &Vec<String>| !ops.is_empty() && !ops.iter().any(|op| OPS.contains(&op.as_str()));
    if jwk.key_ops.as_ref().is_some_and(other) {
        return Err(KeyRejected::KeyOpsNotEnc);
    }
    if jwk.alg.as_ref().is_some_and(|text| text != alg.as_str()) {
        return Err(KeyRejected::EncryptionAlg(alg));
    }
    Ok(())
}

/// A key that both sides know, if its length is right.
pub(super) fn shared(encryption: Encryption, key: Secret<Vec<u8>>) -> Result<Secret<Vec<u8>>, KeyRejected> {
    let needed = shared_len(encryption)?;
    let length = key.expose().len();
    if length == needed { Ok(key) } else { Err(KeyRejected::SharedKeyLength { length, needed }) }
}

/// §10.2: the secret's octets are hashed, by the shortest SHA-2 that has as many bits as the key, and the left end of
/// that is the key.
pub(super) fn of_client_secret(
    encryption: Encryption,
    secret: &Secret,
) -> Result<Secret<Vec<u8>>, KeyRejected> {
    let length = shared_len(encryption)?;
    let algorithm = match length {
        0..=32 => &SHA256,
        33..=48 => &SHA384,
        _ => &SHA512,
    };
    let hash = digest(algorithm, secret.expose().as_bytes());
    Ok(Secret::new(hash.as_ref()[..length].to_vec()))
}

fn shared_len(encryption: Encryption) -> Result<usize, KeyRejected> {
    match encryption.alg {
        KeyManagementAlg::A128Kw => Ok(16),
        KeyManagementAlg::A256Kw => Ok(32),
        KeyManagementAlg::Dir => Ok(encryption.enc.key_len()),
        KeyManagementAlg::RsaOaep
        | KeyManagementAlg::RsaOaep256
        | KeyManagementAlg::EcdhEs
        | KeyManagementAlg::EcdhEsA128Kw
        | KeyManagementAlg::EcdhEsA256Kw => Err(KeyRejected::EncryptionAlg(encryption.alg)),
    }
}
