//! What client metadata can break — RFC 7591 §2, §3.2.2, OpenID Connect Registration §2: one variant a rule.

use hallpass_proto::error::ErrorCode;
use hallpass_proto::jose::jwk::JwkSetRejected;
use hallpass_proto::redirect_uri::RedirectUriError;
use hallpass_proto::scope::ScopeError;

/// A member that cannot be registered as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its name.
    pub member: &'static str,
    /// Which of its values, from 0.
    pub at: usize,
    /// What is wrong with it.
    pub rule: Rule,
}

/// A rule of client metadata. Its text stands behind the name of the member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// RFC 6749 Appendix A.1.
    #[error("must be printable ASCII (RFC 6749 Appendix A.1), 2048 characters at most")]
    ClientId,
    /// A value that the server does not have.
    #[error("{value:?} is not one of {known}")]
    NotOneOf {
        /// The value, shortened.
        value: String,
        /// What there is.
        known: String,
    },
    /// A text that is longer than anybody needs.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A name that a page would show as something else than it is.
    #[error(
        "holds control characters, characters that cannot be seen, or marks that turn the direction of text"
    )]
    NameDisguised,
    /// A list that is longer than anybody needs.
    #[error("has more than {0} values")]
    TooMany(usize),

    /// It cannot be a redirect URI of any client.
    #[error("{uri:?} cannot be registered: {why}")]
    RedirectUri {
        /// The URI, shortened.
        uri: String,
        /// What is wrong with it.
        why: RedirectUriError,
    },
    /// There is none, and there must be.
    #[error("is empty, but the client's grant types need one")]
    RedirectUriMissing,
    /// OpenID Connect Registration §2, `application_type`: an app's own scheme.
    #[error("{0:?} has a scheme of an app's own, which needs application_type native")]
    SchemeOfWeb(String),
    /// OpenID Connect Registration §2: implicit web clients "MUST only register URLs using the https scheme" and "MUST
    /// NOT use localhost".
    #[error("{0:?} is on this machine: a web client with the implicit flow needs https and another host")]
    LoopbackOfImplicit(String),
    /// A host that the operator does not let in.
    #[error("{0:?} is at a host that may not be registered here")]
    RedirectHost(String),

    /// Not a set of `code`, `id_token` and `token`.
    #[error("{0:?} is not a response type")]
    ResponseType(String),
    /// RFC 7591 §2.1.
    #[error("holds code without the grant type authorization_code")]
    CodeWithoutGrant,
    /// RFC 7591 §2.1.
    #[error("holds a token without the grant type implicit")]
    TokenWithoutGrant,
    /// RFC 6749 §4.4: "MUST only be used by confidential clients".
    #[error("holds client_credentials, which RFC 6749 section 4.4 keeps from a public client")]
    CredentialsOfNobody,
    /// A grant that the operator does not give to those who register themselves.
    #[error("{0:?} may not be registered here")]
    GrantNotAllowed(String),
    /// A method that the operator does not give to those who register themselves.
    #[error("{0:?} may not be registered here")]
    MethodNotAllowed(String),
    /// The scope breaks the grammar.
    #[error("{0}")]
    Scope(#[from] ScopeError),

    /// Not an address of a page.
    #[error("{0:?} is not an http or https URL")]
    NotWeb(String),
    /// Must be https.
    #[error("{0:?} is not an https URL")]
    NotHttps(String),
    /// A fragment where there must be none.
    #[error("{0:?} has a fragment, which it must not")]
    Fragment(String),
    /// OpenID Connect Front-Channel Logout §2.
    #[error("{0:?} is not of the scheme, host and port of a redirect URI")]
    OriginDiffers(String),

    /// RFC 7591 §2: `jwks` and `jwks_uri` "MUST NOT both be present".
    #[error("and jwks_uri are both given: keep one")]
    KeysTwice,
    /// A set with a key that is no good.
    #[error("cannot be registered: {0}")]
    Keys(#[from] JwkSetRejected),
    /// Something that needs a key of the client's.
    #[error("is {0}, which needs a key of the client's: give jwks or jwks_uri")]
    KeysMissing(String),
    /// Something that needs a secret, and the client has none.
    #[error("is {0}, which needs a client secret, and a public client has none")]
    SecretMissing(String),
    /// OpenID Connect Core §2: `none` "MUST NOT be used […] unless the Response Type used returns no ID Token from the
    /// Authorization Endpoint".
    #[error("is none, which is for the response type code alone")]
    UnsignedInFront,
    /// OpenID Connect Registration §2: an `enc` "MUST" come with its `alg`.
    #[error("is given without {0}")]
    EncWithoutAlg(&'static str),
    /// OpenID Connect Registration §2: assertions with `none` "MUST NOT be used".
    #[error("is given, but the client authenticates without assertions")]
    AlgWithoutAssertion,

    /// OpenID Connect Core §8.1.
    #[error("is pairwise, and the redirect URIs are at several hosts or none: give sector_identifier_uri")]
    SectorMissing,
    /// The sector document cannot be had. Why not stands in the log: it would tell of the server's network.
    #[error("{0:?} cannot be fetched as a JSON array of redirect URIs")]
    SectorUnreachable(String),
    /// OpenID Connect Registration §5: "the values registered in redirect_uris MUST be included in" it.
    #[error("names a document that does not hold the redirect URI {0:?}")]
    SectorWithout(String),
    /// A client that gets tokens without a redirect URI shows in another way that it belongs to the sector.
    #[error(
        "is pairwise, and a grant type of the client's needs no redirect URI: give sector_identifier_uri, jwks_uri in \
         its document, and token_endpoint_auth_method private_key_jwt"
    )]
    SectorUnproven,
    /// OpenID Connect Registration §5 in the case of such a client: its keys stand for its redirect URIs.
    #[error("names a document that does not hold the jwks_uri {0:?}")]
    SectorWithoutKeys(String),
    /// It would see the subjects of somebody else, or the same people anew.
    #[error("cannot be changed: it decides which subjects the client sees")]
    SubjectsChange,
    /// Another sector than it was: OpenID Connect Core §8.1.
    #[error(
        "or the host of the redirect URIs makes another sector: it decides which subjects the client sees"
    )]
    SectorChanges,
    /// Negative.
    #[error("must be 0 or more seconds")]
    Negative,

    /// RFC 7592 §2.2: the client's own id.
    #[error("is not the one of the client that is updated")]
    ClientIdDiffers,
    /// RFC 7592 §2.2: a secret that is sent "MUST match the currently issued client secret".
    #[error("is not the present one: a client cannot choose its secret")]
    SecretDiffers,
    /// The operator wants somebody to vouch for every client.
    #[error("is missing: this server registers only software that somebody it trusts vouches for")]
    StatementMissing,
}

impl Wrong {
    /// What RFC 7591 §3.2.2 calls it.
    pub fn code(&self) -> ErrorCode {
        if self.member == "redirect_uris" {
            ErrorCode::InvalidRedirectUri
        } else {
            ErrorCode::InvalidClientMetadata
        }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.member, self.rule)
    }
}

/// As much of a value as a sentence can quote.
pub(super) fn shown(value: &str) -> String {
    const MOST: usize = 60;
    match value.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// Everything that was found wrong.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Wrong>);

impl Findings {
    pub(super) fn wrong(&mut self, member: &'static str, rule: impl Into<Rule>) {
        self.wrong_at(member, 0, rule);
    }

    pub(super) fn wrong_at(&mut self, member: &'static str, at: usize, rule: impl Into<Rule>) {
        self.0.push(Wrong { member, at, rule: rule.into() });
    }

    /// Whether anything is wrong with a member.
    pub(super) fn has(&self, member: &str) -> bool {
        self.0.iter().any(|wrong| wrong.member == member)
    }

    /// A word that must be one of those that there are.
    pub(super) fn one_of(&mut self, member: &'static str, at: usize, value: &str, known: &[String]) -> bool {
        let is_known = known.iter().any(|word| word == value);
        if !is_known {
            self.wrong_at(member, at, Rule::NotOneOf { value: shown(value), known: known.join(", ") });
        }
        is_known
    }
}
