//! Why an encrypted token is refused — RFC 7516 §5.2, RFC 8725 §3.2.

use super::encryption::{ContentEncryptionAlg, EncryptionUnknown, KeyManagementAlg};
use super::jwt_error::JwtError;

/// The rule that an encrypted token breaks. For logs and tests: the peer is told `invalid_token` or the like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// More than 128 kB.
    #[error("the encrypted token is longer than 128 kB")]
    TooLong,
    /// Not five parts.
    #[error("the encrypted token does not have five parts")]
    NotFiveParts,
    /// A part that is not base64url without padding.
    #[error("the {0} is not base64url")]
    Encoding(&'static str),
    /// The header is no object without ambiguity, or has a member of the wrong type or one that must be understood.
    #[error("{0}")]
    Header(#[from] JwtError),
    /// A header member that must be there.
    #[error("the header has no {0}")]
    Missing(&'static str),
    /// An algorithm that is not known here, `RSA1_5` and those of passwords (PBES2) included.
    #[error("{0}")]
    Unknown(#[from] EncryptionUnknown),
    /// RFC 8725 §3.6: content is not compressed, since the length then tells of it, and what it unpacks to has no bound.
    #[error("the header has zip: compressed content is not read")]
    Zip,
    /// Not algorithms that were agreed on.
    #[error("the token is encrypted by {alg} and {enc}, which was not agreed on")]
    NotAgreed {
        /// In the header.
        alg: KeyManagementAlg,
        /// In the header.
        enc: ContentEncryptionAlg,
    },
    /// The sender's public key is none, or has a private member.
    #[error("epk is not a public key")]
    Epk,
    /// RFC 7516 §11.5: one answer whatever it is that does not fit, key, tag or padding.
    #[error("the token cannot be decrypted with this key")]
    Undecryptable,
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// The public key is not a point of its curve.
    #[error("no key can be agreed on with this public key")]
    Agreement,
    /// The cryptographic library failed.
    #[error("the key did not encrypt")]
    Library,
}
