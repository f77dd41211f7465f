//! PKCE — RFC 7636. `S256` is the only method; `plain` is refused (RFC 9700 §2.1.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::secret::{Digest, Secret};

/// The value of `code_challenge_method`.
pub const S256: &str = "S256";

/// Why a verifier or a challenge is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// RFC 7636 §4.1, §4.2: 43 to 128 characters of `ALPHA / DIGIT / "-" / "." / "_" / "~"`.
    #[error("43 to 128 unreserved characters are required")]
    Malformed,
    /// A `code_challenge_method` other than `S256`, or none (which means `plain`).
    #[error("code_challenge_method must be S256")]
    Method,
    /// A method without a challenge.
    #[error("code_challenge_method came without a code_challenge")]
    MethodAlone,
}

/// A `code_verifier`: the client's secret for one authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// A fresh one of 256 random bits.
    pub fn generate(env: &Env) -> Self {
        Self(env.token())
    }

    /// Reads one that a client sent.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        if well_formed(text) { Ok(Self(text.into())) } else { Err(PkceError::Malformed) }
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (§4.2).
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(Digest::of(self.0.expose().as_bytes()).to_base64url())
    }

    /// The text to send to the token endpoint, and to nobody else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A `code_challenge` of method `S256`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads the two parameters of an authorization request.
    pub fn from_params(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, PkceError> {
        let Some(challenge) = challenge else {
            return if method.is_some() { Err(PkceError::MethodAlone) } else { Ok(None) };
        };
        // §4.3: the method "defaults to plain if not present in the request".
        if method != Some(S256) {
            return Err(PkceError::Method);
        }
        if !well_formed(challenge) {
            return Err(PkceError::Malformed);
        }
        Ok(Some(Self(challenge.to_owned())))
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn well_formed(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn rfc_7636_appendix_b() {
        let verifier = CodeVerifier::parse(VERIFIER).expect("well-formed");
        assert_eq!(verifier.challenge().as_str(), CHALLENGE);
    }

    #[test]
    fn the_challenge_must_be_s256_and_well_formed() {
        assert_eq!(CodeChallenge::from_params(None, None), Ok(None));
        assert_eq!(CodeChallenge::from_params(None, Some(S256)), Err(PkceError::MethodAlone));
        assert_eq!(CodeChallenge::from_params(Some(CHALLENGE), None), Err(PkceError::Method));
        assert_eq!(CodeChallenge::from_params(Some(CHALLENGE), Some("plain")), Err(PkceError::Method));
        for bad in [&CHALLENGE[..42], "a b", &"x".repeat(129), &format!("{}+", &CHALLENGE[..42])] {
            assert_eq!(CodeChallenge::from_params(Some(bad), Some(S256)), Err(PkceError::Malformed), "{bad}");
        }
    }
}
