//! Client authentication by a secret — RFC 6749 §2.3.1: in the `Authorization` header or in the body.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::param::decode;
use crate::secret::Secret;

/// A `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client: it has no secret and gives its `client_id` alone.
    None,
    /// HTTP Basic with form-encoded id and secret.
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// An assertion, authenticated by the secret (OpenID Connect Core §9).
    ClientSecretJwt,
    /// An assertion, signed with a key of the client's (OpenID Connect Core §9, RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method, in the order of the metadata document.
    pub const ALL: [AuthMethod; 5] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::None,
    ];

    /// The string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether both sides know a secret for it.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AuthMethod {
    type Err = UnknownAuthMethod;

    fn from_str(text: &str) -> Result<Self, UnknownAuthMethod> {
        Self::ALL.into_iter().find(|m| m.as_str() == text).ok_or_else(|| UnknownAuthMethod(text.to_owned()))
    }
}

/// A `token_endpoint_auth_method` that is not known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown token_endpoint_auth_method {0:?}")]
pub struct UnknownAuthMethod(String);

/// What stands in `Authorization: Basic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The `client_id`.
    pub client_id: String,
    /// The `client_secret`.
    pub client_secret: Secret,
}

/// Why an `Authorization` header is not Basic credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasicError {
    /// Another scheme.
    #[error("the Authorization header does not hold Basic credentials")]
    Scheme,
    /// Not base64, not UTF-8, or without a colon.
    #[error("the Basic credentials are not base64 of client_id:client_secret")]
    Encoding,
}

impl BasicCredentials {
    /// Reads the value of an `Authorization` header.
    pub fn parse(header: &str) -> Result<Self, BasicError> {
        let (scheme, credentials) = header.split_once(' ').ok_or(BasicError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(BasicError::Scheme);
        }
        let bytes = STANDARD.decode(credentials.trim_matches(' ')).map_err(|_| BasicError::Encoding)?;
        let colon = bytes.iter().position(|b| *b == b':').ok_or(BasicError::Encoding)?;
        let client_id = decode(&bytes[..colon]).map_err(|_| BasicError::Encoding)?;
        let client_secret = decode(&bytes[colon + 1..]).map_err(|_| BasicError::Encoding)?;
        Ok(Self { client_id: client_id.into_owned(), client_secret: Secret::new(client_secret.into_owned()) })
    }

    /// Prints the value of the header. RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
    pub fn header(&self) -> Secret {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let joined =
            Secret::new(format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose())));
        Secret::new(format!("Basic {}", STANDARD.encode(joined.expose())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc_6749_example() {
        let read = BasicCredentials::parse("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW").expect("parses");
        assert_eq!(
            (read.client_id.as_str(), read.client_secret.expose().as_str()),
            ("s6BhdRkqt3", "gX1fBat3bV")
        );
    }

    #[test]
    fn broken_headers_are_refused() {
        assert_eq!(BasicCredentials::parse("Bearer x"), Err(BasicError::Scheme));
        assert_eq!(BasicCredentials::parse("Basic"), Err(BasicError::Scheme));
        for header in ["Basic %%%", "Basic YQ", "Basic YWI=", "Basic /w==", "Basic OiUlJQ=="] {
            assert_eq!(BasicCredentials::parse(header), Err(BasicError::Encoding), "{header}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(client_id in "[^\0]{0,20}", secret in "[^\0]{0,20}") {
            let credentials = BasicCredentials { client_id, client_secret: secret.into() };
            prop_assert_eq!(BasicCredentials::parse(credentials.header().expose()), Ok(credentials));
        }
    }
}
