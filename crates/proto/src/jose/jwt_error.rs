//! Why a token is refused — RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725, RFC 9068 §4, OpenID Connect Core §3.1.3.7.

use super::alg::{AlgUnknown, SigningAlg};
use super::audience::Audience;
use crate::env::Time;

/// The rule that a token breaks. For logs and tests: the peer is told `invalid_token` or the like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// More than 64 kB.
    #[error("the token is longer than 64 kB")]
    TooLong,
    /// Not three parts.
    #[error("the token does not have three parts")]
    NotThreeParts,
    /// A part that is not base64url without padding.
    #[error("the {0} is not base64url")]
    Encoding(Part),
    /// A part that is not a JSON object.
    #[error("the {0} is not a JSON object")]
    NotObject(Part),
    /// RFC 7515 §4, RFC 7519 §4: a member that stands twice, at any depth.
    #[error("the {0} has the member {1:?} twice")]
    Duplicate(Part, String),
    /// JSON nested too deep.
    #[error("the {0} is nested too deep")]
    TooDeep(Part),
    /// A header member that must be a string.
    #[error("{0} in the header is not a string")]
    HeaderType(&'static str),
    /// There is no `alg`.
    #[error("the header has no alg")]
    AlgMissing,
    /// `alg` is `none`: nobody signed.
    #[error("the token is not signed (alg none)")]
    AlgNone,
    /// An algorithm that is not known here.
    #[error("{0}")]
    AlgUnknown(#[from] AlgUnknown),
    /// RFC 7515 §4.1.11: extensions that must be understood; none is.
    #[error("the header has crit: extensions that are not understood here")]
    Crit,
    /// RFC 7797: an unencoded payload.
    #[error("the header has b64")]
    B64,
    /// RFC 8725 §3.1: the key does not verify this algorithm.
    #[error("the key does not verify {0}")]
    AlgDiffers(SigningAlg),
    /// Not the algorithm that was agreed on.
    #[error("the token is signed with {found}, and {expected} was agreed on")]
    AlgNotAgreed {
        /// In the header.
        found: SigningAlg,
        /// What must stand there.
        expected: SigningAlg,
    },
    /// A shared secret where a key pair is needed: whoever verifies could have made the token.
    #[error("the token is signed with the shared secret algorithm {0}")]
    AlgSymmetric(SigningAlg),
    /// The signature is not the key's over this token.
    #[error("the signature is wrong")]
    Signature,
    /// RFC 8725 §3.11: a token of another kind.
    #[error("typ is {}, and {expected} is needed", found.as_deref().unwrap_or("missing"))]
    TypDiffers {
        /// In the header.
        found: Option<String>,
        /// What must stand there.
        expected: &'static str,
    },
    /// A claim that must be there.
    #[error("there is no {0}")]
    ClaimMissing(&'static str),
    /// A claim that must not be there.
    #[error("there is a {0}, and there must be none")]
    ClaimUnexpected(&'static str),
    /// A claim of the wrong JSON type or form.
    #[error("{0} is not {1}")]
    ClaimType(&'static str, &'static str),
    /// Another issuer.
    #[error("iss: {0}")]
    IssuerDiffers(String),
    /// For somebody else.
    #[error("aud is {}, and {expected} is not in it", serde_json::to_string(found).unwrap_or_default())]
    AudienceDiffers {
        /// In the token.
        found: Audience,
        /// Who reads it.
        expected: String,
    },
    /// `exp` has passed.
    #[error("the token expired at {exp}, and it is {now}")]
    Expired {
        /// When it ended.
        exp: Time,
        /// The present.
        now: Time,
    },
    /// `nbf` has not come.
    #[error("the token is valid from {nbf}, and it is {now}")]
    NotYetValid {
        /// When it begins.
        nbf: Time,
        /// The present.
        now: Time,
    },
    /// `iat` has not come.
    #[error("the token was issued at {iat}, and it is {now}")]
    IssuedInFuture {
        /// When it was issued.
        iat: Time,
        /// The present.
        now: Time,
    },
    /// `sub` is empty, longer than 255 characters, or not ASCII.
    #[error("sub is not 1 to 255 ASCII characters")]
    SubjectForm,
    /// `azp` is another client.
    #[error("azp is {0:?}, which is not this client")]
    AzpDiffers(String),
    /// `nonce` is not the one of the request.
    #[error("nonce is not the one of the request")]
    NonceDiffers,
    /// The person signed in longer ago than was asked for.
    #[error("the person signed in at {auth_time}, which is more than {max_age} seconds ago")]
    AuthTimeTooOld {
        /// When.
        auth_time: Time,
        /// What was asked for.
        max_age: i64,
    },
    /// `at_hash` or `c_hash` is not the hash of what came with the token.
    #[error("{0} is not the hash of what came with the token")]
    HashDiffers(&'static str),
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Header,
    /// The second.
    Payload,
    /// The third.
    Signature,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
