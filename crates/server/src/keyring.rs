//! The signing keys in use, parsed once, and the JWKS that publishes them.

use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::{CompactJws, SigningKey, VerifyingKey};
use hallpass_proto::seal::Sealer;
use hallpass_proto::secret::Secret;

use crate::entity::key::{KeyPurpose, KeyRecord};
use crate::fault::Fault;

use crate::store::Store;

/// Algorithms that a client may register for its ID tokens. Access tokens may have any that is set.
pub(crate) const SIGNING_ALGS: [SigningAlg; 2] = [SigningAlg::Rs256, SigningAlg::Es256];

/// The server's keys.
pub(crate) struct Keyring {
    signing: Vec<Signing>,
    /// Seals and derives.
    pub(crate) sealer: Sealer,
}

struct Signing {
    key: SigningKey,
    verifying: VerifyingKey,
}

impl Keyring {
    /// Loads the keys, and makes the ones that are missing. An algorithm of access tokens for which there can be no
    /// key is found here, not by the first client.
    pub(crate) async fn load(
        store: &dyn Store,
        env: &Env,
        access_token_alg: SigningAlg,
    ) -> Result<Self, Fault> {
        let now = env.now();
        let held = store.keys().await?;
        let seal = match held.iter().find(|k| k.purpose == KeyPurpose::Seal) {
            Some(record) => record.clone(),
            None => {
                let material = Secret::new(env.bytes::<32>().to_vec());
                let record =
                    KeyRecord { kid: env.id(), purpose: KeyPurpose::Seal, material, created_at: now };
                store.ensure_key(&record).await?
            }
        };
        // Every key that is held stays published, whatever the settings say now: its tokens are still out.
        let of_alg = |key: &KeyRecord| match key.purpose {
            KeyPurpose::Sign(alg) => Some((alg, key.clone())),
            KeyPurpose::Seal => None,
        };
        let mut records: Vec<(SigningAlg, KeyRecord)> = held.iter().filter_map(of_alg).collect();
        for alg in SIGNING_ALGS.into_iter().chain([access_token_alg]) {
            if !records.iter().any(|(held, _)| *held == alg) {
                records.push((alg, store.ensure_key(&generate(alg, now)?).await?));
            }
        }
        // As the store lists them, so that every node publishes the same document.
        records.sort_by(|(_, a), (_, b)| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
        let signing: Result<_, Fault> =
            records.iter().map(|(alg, record)| Signing::from_record(*alg, record)).collect();
        Ok(Self { signing: signing?, sealer: Sealer::new(seal.material.expose())? })
    }

    /// The key that signs by `alg`: the newest.
    pub(crate) fn signing(&self, alg: SigningAlg) -> Result<&SigningKey, Fault> {
        let key = self.signing.iter().rev().find(|s| s.key.alg() == alg);
        key.map(|s| &s.key).ok_or_else(|| Fault::Key(format!("there is no {} key", alg.as_str())))
    }

    /// The payload of a token that one of these keys has signed. Nothing is looked at but the signature.
    pub(crate) fn verify<'t>(&self, token: &'t CompactJws<'t>) -> Option<&'t [u8]> {
        let kid = token.header().kid.as_deref()?;
        let signing = self.signing.iter().find(|s| s.key.kid() == kid)?;
        token.verify(&signing.verifying).ok()
    }

    /// The public keys.
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.signing.iter().filter_map(|s| s.key.public_jwk().cloned()).collect() }
    }
}

impl Signing {
    fn from_record(alg: SigningAlg, record: &KeyRecord) -> Result<Self, Fault> {
        let unusable = |why: String| Fault::Key(format!("{}: {why}", record.kid));
        let key = SigningKey::from_pkcs8(alg, record.material.expose())
            .map_err(|e| unusable(e.to_string()))?
            .with_kid(&record.kid);
        let jwk = key.public_jwk().ok_or_else(|| unusable("it has no public half".to_owned()))?;
        let verifying = VerifyingKey::from_jwk(jwk).map_err(|e| unusable(e.to_string()))?;
        Ok(Self { key, verifying })
    }
}

fn generate(alg: SigningAlg, now: Time) -> Result<KeyRecord, Fault> {
    let fault = |e: &dyn std::fmt::Display| Fault::Key(format!("a {} key cannot be made: {e}", alg.as_str()));
    let key = SigningKey::generate(alg).map_err(|e| fault(&e))?;
    let material = key.to_pkcs8().map_err(|e| fault(&e))?;
    Ok(KeyRecord { kid: key.kid().to_owned(), purpose: KeyPurpose::Sign(alg), material, created_at: now })
}
