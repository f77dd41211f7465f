//! Signed content in compact form — RFC 7515 §3.1, §5.2, §7.1.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::alg::SigningAlg;
use super::json::{self, NotPlain};
use super::jwt_error::{JwtError, Part};

pub use super::signing_key::{SignError, SigningKey};
pub use super::verifying_key::VerifyingKey;

/// How many bytes a token may have.
const MAX_BYTES: usize = 64 * 1024;

/// A token that was read and not yet verified. The way to its payload is [`CompactJws::verify`].
#[derive(Clone, Debug)]
pub struct CompactJws<'t> {
    /// What is signed: header and payload as they came.
    signed: &'t str,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The members of a header that mean something here. `jku`, `jwk`, `x5u` and `x5c` do not: a token never brings its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the signature is said to be; [`CompactJws::verify`] holds it against the key.
    pub alg: SigningAlg,
    /// The name of the key. Whoever made the token chose it: look it up, and do nothing else with it.
    pub kid: Option<String>,
    /// What kind of token it is.
    pub typ: Option<String>,
    /// What the payload is.
    pub cty: Option<String>,
}

impl<'t> CompactJws<'t> {
    /// Reads a token.
    pub fn parse(token: &'t str) -> Result<Self, JwtError> {
        if token.len() > MAX_BYTES {
            return Err(JwtError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::NotThreeParts)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::NotThreeParts)?;
        if payload.contains('.') {
            return Err(JwtError::NotThreeParts);
        }
        let header = Header::parse(&decode(Part::Header, header)?)?;
        let payload = decode(Part::Payload, payload)?;
        let signature = decode(Part::Signature, signature)?;
        Ok(Self { signed, header, payload, signature })
    }

    /// The header. Nothing in it can be believed before the signature is verified.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload, if the key verifies the header's algorithm (RFC 8725 §3.1) and the signature is the key's.
    pub fn verify(&self, key: &VerifyingKey) -> Result<&[u8], JwtError> {
        let alg = self.header.alg;
        match key.check(alg, self.signed.as_bytes(), &self.signature) {
            Some(Ok(())) => Ok(&self.payload),
            Some(Err(_)) => Err(JwtError::Signature),
            None => Err(JwtError::AlgDiffers(alg)),
        }
    }

    /// The payload as it came, for showing it. Believe nothing in it.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, JwtError> {
        let members = json::object(bytes).map_err(|why| refused(Part::Header, why))?;
        // RFC 7515 §4.1.11: not understood, so "the JWS is invalid". RFC 7797 §6: b64 is such an extension.
        if members.contains_key("crit") {
            return Err(JwtError::Crit);
        }
        if members.contains_key("b64") {
            return Err(JwtError::B64);
        }
        let alg = match string(&members, "alg")?.as_deref() {
            None => return Err(JwtError::AlgMissing),
            Some(none) if none.eq_ignore_ascii_case("none") => return Err(JwtError::AlgNone),
            Some(alg) => alg.parse()?,
        };
        let (kid, typ, cty) = (string(&members, "kid")?, string(&members, "typ")?, string(&members, "cty")?);
        Ok(Self { alg, kid, typ, cty })
    }

    /// Whether `typ` is this media type. RFC 7515 §4.1.9: in any case, and `application/` may be left out.
    pub fn typ_is(&self, media_type: &str) -> bool {
        typ_is(self.typ.as_deref(), media_type)
    }
}

/// The same of a `typ` that stands alone.
pub(crate) fn typ_is(typ: Option<&str>, media_type: &str) -> bool {
    const APPLICATION: &str = "application/";
    let Some(typ) = typ else { return false };
    let short = match typ.split_at_checked(APPLICATION.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(APPLICATION) => rest,
        _ => typ,
    };
    short.eq_ignore_ascii_case(media_type)
}

/// Says of a part why it is not a plain object.
pub(crate) fn refused(part: Part, why: NotPlain) -> JwtError {
    match why {
        NotPlain::Json | NotPlain::Object => JwtError::NotObject(part),
        NotPlain::Duplicate(name) => JwtError::Duplicate(part, name.chars().take(64).collect()),
        NotPlain::Depth => JwtError::TooDeep(part),
    }
}

/// RFC 7515 §2: "with all trailing '=' characters omitted", and no other character; bits that are left over are zero, so
/// that a token has one spelling.
fn decode(part: Part, text: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtError::Encoding(part))
}

pub(super) fn string(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, JwtError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JwtError::HeaderType(name)),
    }
}
