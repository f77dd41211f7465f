//! Encrypted content in compact form — RFC 7516 §3.1, §5, §7.1, with the advice of RFC 8725 §3.2, §3.6: no `RSA1_5`, no
//! passwords, no compression, and only what was agreed on. What is inside is read as signed content or not at all, so
//! that nothing is nested deeper than a signature in an encryption.
//!
//! ```
//! use hallpass_proto::env::Env;
//! use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
//! use hallpass_proto::jose::jwe::{CompactJwe, Content, DecryptingKey, EcdhCurve, EncryptingKey, PrivateKeyType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let agreed = Encryption { alg: KeyManagementAlg::EcdhEs, enc: ContentEncryptionAlg::A256Gcm };
//! let recipient = DecryptingKey::generate(PrivateKeyType::Ecdh(EcdhCurve::X25519))?;
//! let key = EncryptingKey::from_jwk(agreed, recipient.public_jwk().ok_or("a public half")?)?;
//!
//! let token = key.encrypt(&Content { typ: None, cty: Some("JWT"), plaintext: b"..." }, &Env::system())?;
//!
//! let content = CompactJwe::parse(&token)?.decrypt(&recipient, &[agreed.alg], &[agreed.enc])?;
//! assert_eq!(content, b"...");
//! # Ok(()) }
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::content_encryption::{self, Sealed};
use super::decrypting_key::KeyHints;
use super::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use super::json;
use super::jwk::Jwk;
use super::jws::{refused, string};
use super::jwt_error::{JwtError, Part};
use crate::env::Env;
use crate::secret::Secret;

pub use super::decrypting_key::{DecryptingKey, EcdhCurve, PrivateKeyType};
pub use super::encrypting_key::EncryptingKey;
pub use super::jwe_error::{EncryptError, JweError};

/// How many bytes an encrypted token may have: room for the longest signed one (64 kB) in base64url.
const MAX_BYTES: usize = 128 * 1024;

/// What is encrypted.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// What kind of token it becomes.
    pub typ: Option<&'a str>,
    /// What is inside: `JWT` for a signed token (RFC 7519 §5.2).
    pub cty: Option<&'a str>,
    /// The content.
    pub plaintext: &'a [u8],
}

impl EncryptingKey {
    /// Encrypts: a JWE in compact form.
    pub fn encrypt(&self, content: &Content<'_>, env: &Env) -> Result<String, EncryptError> {
        let Encryption { alg, enc } = self.encryption();
        let made = self.content_key(env)?;
        let mut header = Map::new();
        header.insert("alg".to_owned(), alg.as_str().into());
        header.insert("enc".to_owned(), enc.as_str().into());
        let members = [("typ", content.typ), ("cty", content.cty), ("kid", self.kid.as_deref())];
        for (name, value) in members {
            if let Some(value) = value {
                header.insert(name.to_owned(), value.into());
            }
        }
        if let Some(epk) = made.epk {
            let epk = serde_json::to_value(epk).map_err(|_| EncryptError::Library)?;
            header.insert("epk".to_owned(), epk);
        }
        let protected = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
        let sealed =
            content_encryption::encrypt(enc, made.key.expose(), protected.as_bytes(), content.plaintext, env)
                .ok_or(EncryptError::Library)?;
        let mut token = protected;
        for part in [&made.encrypted, &sealed.iv, &sealed.ciphertext, &sealed.tag] {
            token.push('.');
            URL_SAFE_NO_PAD.encode_string(part, &mut token);
        }
        Ok(token)
    }
}

/// An encrypted token that was read and not yet decrypted.
#[derive(Clone, Debug)]
pub struct CompactJwe<'t> {
    /// The header as it came, which the tag covers.
    protected: &'t str,
    header: Header,
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// The members of a header that mean something here. `jku`, `jwk`, `x5u` and `x5c` do not, and `p2c` is for algorithms
/// that are not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How the content encryption key is said to be found.
    pub alg: KeyManagementAlg,
    /// How the content is said to be encrypted.
    pub enc: ContentEncryptionAlg,
    /// The name of the recipient's key. Whoever made the token chose it.
    pub kid: Option<String>,
    /// What kind of token it is.
    pub typ: Option<String>,
    /// What is inside.
    pub cty: Option<String>,
    epk: Option<Jwk>,
    apu: Vec<u8>,
    apv: Vec<u8>,
}

impl<'t> CompactJwe<'t> {
    /// Reads a token.
    pub fn parse(token: &'t str) -> Result<Self, JweError> {
        if token.len() > MAX_BYTES {
            return Err(JweError::TooLong);
        }
        let mut parts = token.split('.');
        let mut part = || parts.next().ok_or(JweError::NotFiveParts);
        let (protected, encrypted_key, iv, ciphertext, tag) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(JweError::NotFiveParts);
        }
        Ok(Self {
            protected,
            header: Header::parse(&decode("header", protected)?)?,
            encrypted_key: decode("encrypted key", encrypted_key)?,
            iv: decode("initialization vector", iv)?,
            ciphertext: decode("ciphertext", ciphertext)?,
            tag: decode("authentication tag", tag)?,
        })
    }

    /// The header. Nothing in it can be believed before the token is decrypted, and nobody has signed it then.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The content, if it was encrypted to this key by algorithms that were agreed on (RFC 8725 §3.1).
    pub fn decrypt(
        &self,
        key: &DecryptingKey,
        algs: &[KeyManagementAlg],
        encs: &[ContentEncryptionAlg],
    ) -> Result<Vec<u8>, JweError> {
        let Header { alg, enc, .. } = self.header;
        if !algs.contains(&alg) || !encs.contains(&enc) {
            return Err(JweError::NotAgreed { alg, enc });
        }
        let key = key.content_key(&KeyHints {
            encryption: Encryption { alg, enc },
            encrypted: &self.encrypted_key,
            epk: self.header.epk.as_ref(),
            apu: &self.header.apu,
            apv: &self.header.apv,
        });
        let sealed =
            Sealed { iv: self.iv.clone(), ciphertext: self.ciphertext.clone(), tag: self.tag.clone() };
        // §11.5: a key that does not unwrap takes the same way as one that does.
        let (unwrapped, key) = match key {
            Some(key) => (true, key),
            None => (false, Secret::new(vec![0; enc.key_len()])),
        };
        let content = content_encryption::decrypt(enc, key.expose(), self.protected.as_bytes(), &sealed);
        content.filter(|_| unwrapped).ok_or(JweError::Undecryptable)
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, JweError> {
        let members = json::object(bytes).map_err(|why| refused(Part::Header, why))?;
        if members.contains_key("crit") {
            return Err(JwtError::Crit.into());
        }
        if members.contains_key("zip") {
            return Err(JweError::Zip);
        }
        let text = |name| string(&members, name);
        let octets = |name: &'static str| decode(name, &text(name)?.unwrap_or_default());
        Ok(Self {
            alg: text("alg")?.ok_or(JweError::Missing("alg"))?.parse()?,
            enc: text("enc")?.ok_or(JweError::Missing("enc"))?.parse()?,
            kid: text("kid")?,
            typ: text("typ")?,
            cty: text("cty")?,
            epk: members.get("epk").map(Jwk::deserialize).transpose().map_err(|_| JweError::Epk)?,
            apu: octets("apu")?,
            apv: octets("apv")?,
        })
    }
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, JweError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JweError::Encoding(part))
}
