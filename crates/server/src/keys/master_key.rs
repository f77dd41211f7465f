//! Private keys at rest: sealed by AES-256-GCM under a master key that is not in the database.
//!
//! What is sealed is bound to the `kid` and the purpose of its key, so that no record can be given another's material.
//! A master key is named by an identifier that follows from it, so that a wrong one is told before anything is opened.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use hallpass_proto::env::Env;
use hallpass_proto::seal::Sealer;
use hallpass_proto::secret::Secret;

use crate::entity::key::{KeyRecord, Material};
use crate::fault::Fault;

/// Base64 with or without `=` at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key under which others are sealed.
pub struct MasterKey {
    id: String,
    sealer: Sealer,
}

/// Why a text is not a master key. Shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Neither base64 nor hexadecimal, or not 32 bytes.
    #[error(
        "is not a master key: 32 random bytes in base64 (44 characters) or hexadecimal (64), as `openssl rand -base64 32` prints them"
    )]
    Form,
}

impl MasterKey {
    /// From the text of 32 random bytes: base64, base64url or hexadecimal. White space around it is not part of it.
    pub fn parse(text: &Secret) -> Result<Self, MasterKeyError> {
        let text = text.expose().trim();
        let bytes = match text.len() {
            64 => hexadecimal(text),
            _ => {
                BASE64.decode(Secret::<String>::from(text.replace('-', "+").replace('_', "/")).expose()).ok()
            }
        };
        let bytes = Secret::new(bytes.unwrap_or_default());
        Self::new(bytes.expose())
    }

    fn new(bytes: &[u8]) -> Result<Self, MasterKeyError> {
        let sealer = Sealer::new(bytes).map_err(|_| MasterKeyError::Form)?;
        let name = sealer.derive("master key identifier", &[]).digest();
        let id = name.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, sealer })
    }

    /// Its name: 16 hexadecimal digits that say nothing about it.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn seal(&self, key: &KeyRecord, plain: &Secret<Vec<u8>>, env: &Env) -> Result<Material, Fault> {
        let bytes = self.sealer.seal_bytes(&bound_to(key), plain, env)?;
        Ok(Material::Sealed { by: self.id.clone(), bytes })
    }

    fn open(&self, key: &KeyRecord, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        self.sealer.open_bytes(&bound_to(key), sealed)
    }
}

/// Two records are never bound to the same text: no purpose holds a zero byte.
fn bound_to(key: &KeyRecord) -> String {
    format!("key to {}\0{}", key.purpose, key.kid)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// The master keys of a server: one seals, all open. With none, keys are kept as they are.
#[derive(Debug, Default)]
pub struct MasterKeys {
    seals: Option<MasterKey>,
    opens: Vec<MasterKey>,
}

impl MasterKeys {
    /// Keys are kept as they are.
    pub fn none() -> Self {
        Self::default()
    }

    /// New keys are sealed under `seals`; those that were sealed under one of `others` are opened as well.
    pub fn new(seals: MasterKey, others: Vec<MasterKey>) -> Self {
        Self { seals: Some(seals), opens: others }
    }

    /// The name of the one that seals.
    pub fn id(&self) -> Option<&str> {
        self.seals.as_ref().map(MasterKey::id)
    }

    /// How a new key is kept.
    pub(super) fn seal(&self, key: KeyRecord, env: &Env) -> Result<KeyRecord, Fault> {
        match (&self.seals, &key.material) {
            (Some(master), Material::Plain(plain)) => {
                let material = master.seal(&key, plain, env)?;
                Ok(KeyRecord { material, ..key })
            }
            (None, _) | (_, Material::Sealed { .. }) => Ok(key),
        }
    }

    /// Whether a key is kept otherwise than a new one would be.
    pub fn is_kept_otherwise(&self, key: &KeyRecord) -> bool {
        match &key.material {
            Material::Plain(_) => self.seals.is_some(),
            Material::Sealed { by, .. } => self.id() != Some(by),
        }
    }

    /// The key's own bytes. A fault says which master key is wanted and which are here.
    pub fn open(&self, key: &KeyRecord) -> Result<Secret<Vec<u8>>, Fault> {
        let (by, bytes) = match &key.material {
            Material::Plain(plain) => return Ok(plain.clone()),
            Material::Sealed { by, bytes } => (by, bytes),
        };
        let mut here = self.seals.iter().chain(&self.opens);
        let Some(master) = here.find(|master| master.id == *by) else {
            let here: Vec<&str> = self.seals.iter().chain(&self.opens).map(MasterKey::id).collect();
            let here = if here.is_empty() { "none".to_owned() } else { here.join(", ") };
            return Err(Fault::Key(format!(
                "{} is sealed under the master key {by}, and the master keys given are: {here}. Give that one too; \
                 nothing has been changed",
                key.kid
            )));
        };
        master.open(key, bytes).ok_or_else(|| {
            Fault::Key(format!("{} does not open under its master key {by}: its record was altered", key.kid))
        })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use hallpass_proto::env::Time;

    use super::*;
    use crate::entity::key::KeyPurpose;

    fn master(byte: u8) -> MasterKey {
        MasterKey::new(&[byte; 32]).unwrap()
    }

    fn record() -> KeyRecord {
        KeyRecord::new("k".to_owned(), KeyPurpose::Seal, Secret::new(vec![5; 32]), Time::from_unix(0))
    }

    #[test]
    fn every_way_to_write_the_same_bytes_is_the_same_key() {
        let id = MasterKey::new(&[0xfb; 32]).unwrap().id;
        let hex = "fb".repeat(32);
        let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s";
        for text in
            [&hex, &hex.to_uppercase(), standard, &format!("{standard}=\n"), &standard.replace('+', "-")]
        {
            let text: &str = text;
            assert_eq!(MasterKey::parse(&Secret::from(text)).unwrap().id, id, "{text}");
        }
        for text in ["", "fb", "password", &"fg".repeat(32), &"é".repeat(32), &"A".repeat(44), &hex[1..]] {
            assert!(matches!(MasterKey::parse(&Secret::from(text)), Err(MasterKeyError::Form)), "{text}");
        }
    }

    #[test]
    fn what_is_sealed_opens_under_its_master_key_and_for_its_record_alone() {
        let env = Env::system();
        let sealed = MasterKeys::new(master(1), vec![]).seal(record(), &env).unwrap();
        assert!(
            matches!(&sealed.material, Material::Sealed { by, bytes } if *by == master(1).id && bytes.len() == 60)
        );

        let both = MasterKeys::new(master(2), vec![master(1)]);
        assert_eq!(both.open(&sealed).unwrap().expose(), &[5; 32]);
        assert!(both.is_kept_otherwise(&sealed) && both.is_kept_otherwise(&record()));

        let wrong = MasterKeys::new(master(2), vec![]).open(&sealed).unwrap_err().to_string();
        assert!(wrong.contains(&master(1).id) && wrong.contains(&master(2).id), "{wrong}");
        let none = MasterKeys::none().open(&sealed).unwrap_err().to_string();
        assert!(none.contains("given are: none"), "{none}");

        for altered in [
            KeyRecord { kid: "l".to_owned(), ..sealed.clone() },
            KeyRecord { purpose: KeyPurpose::Derive, ..sealed.clone() },
            KeyRecord {
                material: Material::Sealed { by: master(1).id, bytes: vec![0; 60] },
                ..sealed.clone()
            },
            KeyRecord { material: Material::Sealed { by: master(1).id, bytes: vec![] }, ..sealed },
        ] {
            let why = both.open(&altered).unwrap_err().to_string();
            assert!(why.contains("was altered"), "{why}");
        }
    }
}
