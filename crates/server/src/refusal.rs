//! Every reason to say no: one variant per rule that a peer can break.

mod failure;
mod text;

use hallpass_proto::assertion::{AssertionError, JWT_BEARER};
use hallpass_proto::claims_request::ClaimsRequestError;
use hallpass_proto::error::{ErrorBody, ErrorCode};
use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::param::FormError;
use hallpass_proto::pkce::PkceError;
use hallpass_proto::registration::MessageError;
use hallpass_proto::request_object::RequestObjectError;
use hallpass_proto::scope::{Scope, ScopeError};

pub use crate::client_keys::KeyFailure;
use crate::entity::code::CodeUnfit;
use crate::entity::device::DeviceUnfit;
use crate::entity::refresh::RefreshUnfit;
use crate::register::Wrong;
use crate::store::Unfit;
pub use failure::Failure;
use text::{code_text, device_text, refresh_text};

/// A rule that the peer has broken. Its text is what the peer reads, so it names the parameter and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The parameters cannot be read, one is missing, or one came twice.
    #[error("{0}")]
    Parameters(#[from] FormError),
    /// A parameter that has to come back, or to travel with the pages, is longer than that can be.
    #[error("the parameter {name} is longer than {longest} bytes")]
    ParameterTooLong {
        /// Its name.
        name: &'static str,
        /// How long it may be.
        longest: usize,
    },
    /// The body is not a form.
    #[error("the body must be application/x-www-form-urlencoded")]
    ContentType,
    /// The body is larger than any message of the protocol.
    #[error("the body is larger than 64 kB")]
    BodyTooLarge,
    /// The body did not arrive.
    #[error("the body could not be read")]
    BodyUnreadable,
    /// The body arrives too slowly to be waited for.
    #[error("the body took too long to arrive")]
    BodyTooSlow,
    /// RFC 6749 §2.3.1: credentials "MUST NOT be included in the request URI".
    #[error("credentials and tokens do not belong into the query")]
    CredentialsInQuery,

    /// No such client, or it is disabled, or its secret is wrong: not told apart.
    #[error("client authentication failed")]
    ClientUnknown,
    /// The client is disabled.
    #[error("client authentication failed")]
    ClientDisabled,
    /// The secret is wrong or missing.
    #[error("client authentication failed")]
    SecretWrong,
    /// The client authenticated in another way than the registered one.
    #[error("the client must authenticate by {expected}")]
    AuthMethodDiffers {
        /// Its `token_endpoint_auth_method`.
        expected: &'static str,
    },
    /// RFC 7521 §4.2: an assertion comes with its type.
    #[error("client_assertion comes with client_assertion_type {JWT_BEARER}")]
    AssertionType,
    /// `client_id` is not the one of the assertion.
    #[error("client_id differs from the sub of the client assertion")]
    AssertionOfAnother,
    /// The assertion breaks a rule of RFC 7523 §3.
    #[error("the client assertion is refused: {0}")]
    Assertion(#[from] AssertionError),
    /// It is signed in another way than the client is registered for.
    #[error("the client assertion must be signed by {expected}")]
    AssertionAlgDiffers {
        /// The registered algorithm, or the method.
        expected: &'static str,
    },
    /// It is not seen to be the client's.
    #[error("the client assertion is refused: {0}")]
    AssertionKey(KeyFailure),
    /// It has come before.
    #[error("the client assertion has come before: a jti is good once")]
    AssertionReplayed,
    /// RFC 6749 §2.3: a client "MUST NOT use more than one authentication method in each request".
    #[error("more than one client authentication in one request")]
    TwoAuthentications,
    /// `client_id` in the body is not that of the header.
    #[error("client_id differs from the one in the Authorization header")]
    ClientIdDiffers,
    /// The header is not Basic credentials.
    #[error("the Authorization header does not hold base64 of client_id:client_secret")]
    BasicMalformed,
    /// The endpoint is for clients that can keep a secret.
    #[error("this endpoint requires client authentication")]
    ClientIsPublic,

    /// Unknown client at the authorization endpoint.
    #[error("no client has this client_id")]
    AuthorizeClientUnknown,
    /// The redirect URI is not one of the client's.
    #[error("redirect_uri is not registered for this client")]
    RedirectUriDiffers,
    /// There is none, and the client has several or the request needs one.
    #[error("redirect_uri is missing")]
    RedirectUriMissing,
    /// The response type is not a known one.
    #[error("response_type is not one of those in the metadata")]
    ResponseTypeUnknown,
    /// The client is not registered for the response type.
    #[error("the client is not registered for this response_type")]
    ResponseTypeNotRegistered,
    /// The response mode is not a known one.
    #[error("response_mode is not one of those in the metadata")]
    ResponseModeUnknown,
    /// Multiple Response Types §2.1: tokens never go into the query.
    #[error("response_mode query is not for responses with tokens")]
    ResponseModeLeaks,
    /// A form cannot be posted to an app's own scheme.
    #[error("response_mode form_post needs an http or https redirect_uri")]
    ResponseModeNeedsWeb,
    /// The scope breaks the grammar.
    #[error("{0}")]
    ScopeMalformed(#[from] ScopeError),
    /// The scope is more than the client is registered for..
    #[error("the client may not ask for: {0}")]
    ScopeBeyondClient(String),
    /// An ID token was asked for without `openid`.
    #[error("response_type id_token needs the scope openid")]
    ScopeWithoutOpenid,
    /// PKCE is required and missing.
    #[error("code_challenge is required: send one with code_challenge_method S256")]
    ChallengeMissing,
    /// PKCE is malformed.
    #[error("code_challenge or code_challenge_method: {0}")]
    Pkce(PkceError),
    /// OpenID Connect Core §3.2.2.1, §3.3.2.11: `nonce` is required where an ID token is in the front channel.
    #[error("nonce is required for this response_type")]
    NonceMissing,
    /// `prompt` has an unknown value, or `none` with another.
    #[error("prompt holds an unknown value, or none together with another")]
    PromptMalformed,
    /// `max_age` is not a count of seconds.
    #[error("max_age is a whole number of seconds, 0 or more")]
    MaxAgeMalformed,
    /// RFC 9101 §5: `request` and `request_uri` "MUST NOT be used together".
    #[error("request and request_uri came together")]
    RequestTwice,
    /// The request object breaks a rule of RFC 9101 or OpenID Connect Core §6.
    #[error("the request object is refused: {0}")]
    RequestObject(#[from] RequestObjectError),
    /// It is signed in another way than the client is registered for.
    #[error("the request object must be signed by {expected}")]
    RequestObjectAlgDiffers {
        /// The registered algorithm.
        expected: &'static str,
    },
    /// It is not seen to be the client's.
    #[error("the request object is refused: {0}")]
    RequestObjectKey(KeyFailure),
    /// It is encrypted otherwise than the client is registered for, or not for this server.
    #[error(
        "the request object cannot be decrypted by the registered request_object_encryption_alg and _enc"
    )]
    RequestObjectEncrypted,
    /// The client has not registered the URI.
    #[error("request_uri is not registered for this client")]
    RequestUriNotRegistered,
    /// There is no request object at the URI. Why not stands in the log: it would tell what this server can reach.
    #[error("no request object can be had from request_uri")]
    RequestUriUnavailable,
    /// Self-registration within a request is not supported.
    #[error("the registration parameter is not supported")]
    Registration,
    /// `prompt=none`, and nobody is signed in, or not recently enough, or not the one who is meant.
    #[error("the user must sign in")]
    LoginRequired,
    /// The client wants encrypted tokens, and has no key that they could be encrypted to.
    #[error("no key for {alg} is among the client's keys")]
    EncryptionKeyMissing {
        /// What it is registered for.
        alg: &'static str,
    },
    /// The client wants encrypted tokens, and its keys cannot be had at the moment.
    #[error("the keys at the client's jwks_uri cannot be had: try again later")]
    EncryptionKeysUnreachable,
    /// Somebody signed in who is not the one of `id_token_hint` or of the claim `sub`, or these two name nobody together.
    #[error("the user is not the one of id_token_hint or of the claim sub")]
    UserDiffers,
    /// The `claims` parameter is not what OpenID Connect Core §5.5 says.
    #[error("{0}")]
    Claims(#[from] ClaimsRequestError),
    /// An `acr` that the request calls essential cannot be had.
    #[error("the acr that the request calls essential cannot be had")]
    AcrUnmet,
    /// `prompt=none`, and the person has not allowed this yet.
    #[error("the user has not consented")]
    ConsentRequired,
    /// The person said no.
    #[error("the user denied the request")]
    AccessDenied,

    /// The form of a page is too old, from another browser, or altered.
    #[error("this form has expired or came from somewhere else")]
    FormStale,
    /// A form that another site sent.
    #[error("this form was sent by another site")]
    CrossSite,
    /// The sealed request of a page is altered or not ours.
    #[error("the request cannot be read")]
    RequestUnreadable,
    /// The person took too long.
    #[error("the request has expired")]
    RequestExpired,
    /// Nothing waits under the code that was typed.
    #[error("the code is wrong or has expired")]
    UserCodeUnknown,
    /// The device was answered before, or its code has expired since.
    #[error("the device has its answer already, or its code has expired")]
    UserCodeGone,
    /// Too many wrong codes.
    #[error("too many wrong codes: try again in {retry_after} seconds")]
    UserCodeThrottled {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// More device codes in a minute than are given out.
    #[error("too many device codes at once: try again in {retry_after} seconds")]
    DeviceCodesThrottled {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// A cookie that is larger than ours can be.
    #[error("a cookie is larger than 4 kB")]
    CookieTooLarge,

    /// No such grant.
    #[error("grant_type is not one of those in the metadata")]
    GrantTypeUnknown,
    /// The client is not registered for the grant.
    #[error("the client is not registered for this grant_type")]
    GrantTypeNotRegistered,
    /// The code is unknown.
    #[error("the code is unknown or has expired")]
    CodeUnknown,
    /// The code does not fit.
    #[error("{}", code_text(.0))]
    Code(CodeUnfit),
    /// The verifier breaks the grammar.
    #[error("code_verifier must have 43 to 128 unreserved characters")]
    VerifierMalformed,
    /// The refresh token is unknown.
    #[error("the refresh token is unknown or has expired")]
    RefreshUnknown,
    /// The refresh token does not fit.
    #[error("{}", refresh_text(.0))]
    Refresh(RefreshUnfit),
    /// The device code is unknown.
    #[error("the device code is unknown")]
    DeviceCodeUnknown,
    /// The device code gives no tokens, or none yet.
    #[error("{}", device_text(.0))]
    Device(DeviceUnfit),
    /// The grant holds a scope that the client is no longer registered for.
    #[error("the client may no longer have the scope that was granted")]
    ScopeWithdrawn,
    /// The person is gone or disabled.
    #[error("the user may not sign in")]
    UserDisabled,
    /// Wrong username or password: not told apart.
    #[error("the username or the password is wrong")]
    CredentialsWrong,
    /// Nobody can make an account here.
    #[error("this server makes no accounts")]
    SignUpClosed,
    /// The login is malformed or taken, or the password too short.
    #[error("an account cannot be made of this")]
    SignUpUnfit,
    /// Too many failures for this person.
    #[error("too many failed sign-ins: try again in {retry_after} seconds")]
    Throttled {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// Too many sign-ins at once.
    #[error("too many sign-ins at once: try again in a moment")]
    Overloaded,

    /// No access token came.
    #[error("an access token is required")]
    TokenMissing,
    /// RFC 6750 §2: a client "MUST NOT use more than one method to transmit the token".
    #[error("the access token came in more than one way")]
    TokenTwice,
    /// The header holds no well-formed token.
    #[error("the access token is malformed")]
    TokenMalformed,
    /// The access token is not one of ours, has ended, or is not for this endpoint.
    #[error("the access token is invalid, expired or revoked")]
    TokenInvalid,
    /// The access token has no `openid`.
    #[error("the scope openid is required")]
    TokenWithoutOpenid,

    /// The message of a registration cannot be read.
    #[error("{0}")]
    Registering(MessageError),
    /// The body of a registration is not JSON by its content type.
    #[error("the body must be application/json")]
    ContentTypeJson,
    /// A member of the metadata cannot be registered.
    #[error("{0}")]
    Metadata(Wrong),
    /// RFC 7591 §3.2.2: the software statement "is invalid".
    #[error("the software statement is invalid: {0}")]
    StatementInvalid(JwtError),
    /// RFC 7591 §3.2.2: the software statement "is not approved for use".
    #[error("this server takes no software statements of {0:?}")]
    StatementUnapproved(String),
    /// The keys that a software statement is signed with cannot be had at the moment.
    #[error("the keys of the issuer of the software statement cannot be had: try again later")]
    StatementKeysUnreachable,
    /// More clients in a minute than the operator lets in.
    #[error("too many registrations at once: try again in {retry_after} seconds")]
    RegistrationsThrottled {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// RFC 7592 §2: the client may not look after its registration.
    #[error("this client is disabled, and so is the management of its registration")]
    RegistrationSuspended,

    /// The hint is not an ID token of this issuer, or not of the client that sends it to sign out.
    #[error("id_token_hint is not an ID token of this issuer")]
    IdTokenHint,
    /// RP-Initiated Logout: the URI is not one of the client's.
    #[error("post_logout_redirect_uri is not registered for this client")]
    PostLogoutRedirectUriDiffers,
}

impl Refusal {
    /// [`Refusal::ScopeBeyondClient`], with as much of the scope as a sentence and a line in the log can hold.
    pub(crate) fn beyond_client(scope: &Scope) -> Self {
        Self::ScopeBeyondClient(scope.to_string().chars().take(100).collect())
    }

    /// An assertion that is no JWT.
    pub(crate) fn unreadable_assertion(error: JwtError) -> Self {
        Self::Assertion(error.into())
    }

    /// The code on the wire. Exhaustive on purpose: a new rule must say what it means to the peer.
    pub fn code(&self) -> ErrorCode {
        use Refusal::*;
        match self {
            Parameters(_)
            | ParameterTooLong { .. }
            | ContentType
            | ContentTypeJson
            | BodyTooLarge
            | BodyUnreadable
            | BodyTooSlow
            | CredentialsInQuery
            | TwoAuthentications
            | RequestTwice
            | ClientIdDiffers
            | RedirectUriDiffers
            | RedirectUriMissing
            | ResponseModeUnknown
            | ResponseModeLeaks
            | ResponseModeNeedsWeb
            | ChallengeMissing
            | Pkce(_)
            | NonceMissing
            | PromptMalformed
            | Claims(_)
            | MaxAgeMalformed
            | SignUpUnfit
            | FormStale
            | CrossSite
            | RequestUnreadable
            | RequestExpired
            | UserCodeUnknown
            | UserCodeGone
            | CookieTooLarge
            | AuthorizeClientUnknown
            | TokenTwice
            | TokenMalformed
            | IdTokenHint
            | PostLogoutRedirectUriDiffers => ErrorCode::InvalidRequest,
            ClientUnknown
            | ClientDisabled
            | SecretWrong
            | AuthMethodDiffers { .. }
            | AssertionType
            | AssertionOfAnother
            | Assertion(_)
            | AssertionAlgDiffers { .. }
            | AssertionKey(_)
            | AssertionReplayed
            | BasicMalformed
            | ClientIsPublic => ErrorCode::InvalidClient,
            EncryptionKeyMissing { .. } => ErrorCode::InvalidClientMetadata,
            ResponseTypeUnknown => ErrorCode::UnsupportedResponseType,
            ResponseTypeNotRegistered | GrantTypeNotRegistered => ErrorCode::UnauthorizedClient,
            ScopeMalformed(_)
            | ScopeBeyondClient(_)
            | ScopeWithoutOpenid
            | Refresh(RefreshUnfit::ScopeBeyondGrant) => ErrorCode::InvalidScope,
            RequestObject(_)
            | RequestObjectAlgDiffers { .. }
            | RequestObjectKey(_)
            | RequestObjectEncrypted => ErrorCode::InvalidRequestObject,
            RequestUriNotRegistered | RequestUriUnavailable => ErrorCode::InvalidRequestUri,
            Registration => ErrorCode::RegistrationNotSupported,
            LoginRequired | UserDiffers => ErrorCode::LoginRequired,
            AcrUnmet => ErrorCode::UnmetAuthenticationRequirements,
            ConsentRequired => ErrorCode::ConsentRequired,
            AccessDenied | SignUpClosed | Device(DeviceUnfit::Denied) => ErrorCode::AccessDenied,
            Device(DeviceUnfit::Pending) => ErrorCode::AuthorizationPending,
            Device(DeviceUnfit::TooSoon) => ErrorCode::SlowDown,
            Device(DeviceUnfit::Expired) => ErrorCode::ExpiredToken,
            GrantTypeUnknown => ErrorCode::UnsupportedGrantType,
            CodeUnknown
            | Code(_)
            | VerifierMalformed
            | RefreshUnknown
            | Refresh(
                RefreshUnfit::OtherClient
                | RefreshUnfit::GrantEnded
                | RefreshUnfit::Expired
                | RefreshUnfit::Reused,
            )
            | DeviceCodeUnknown
            | Device(DeviceUnfit::OtherClient | DeviceUnfit::Spent)
            | Refresh(RefreshUnfit::ScopeWithdrawn)
            | ScopeWithdrawn
            | UserDisabled
            | CredentialsWrong => ErrorCode::InvalidGrant,
            Registering(_) => ErrorCode::InvalidClientMetadata,
            Metadata(wrong) => wrong.code(),
            StatementInvalid(_) => ErrorCode::InvalidSoftwareStatement,
            StatementUnapproved(_) => ErrorCode::UnapprovedSoftwareStatement,
            RegistrationsThrottled { .. } | StatementKeysUnreachable | EncryptionKeysUnreachable => {
                ErrorCode::TemporarilyUnavailable
            }
            RegistrationSuspended => ErrorCode::AccessDenied,
            Throttled { .. } | UserCodeThrottled { .. } | DeviceCodesThrottled { .. } | Overloaded => {
                ErrorCode::TemporarilyUnavailable
            }
            TokenMissing | TokenInvalid => ErrorCode::InvalidToken,
            TokenWithoutOpenid => ErrorCode::InsufficientScope,
        }
    }

    /// As it goes to the peer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody::new(self.code(), &self.to_string())
    }
}

impl From<PkceError> for Refusal {
    fn from(error: PkceError) -> Self {
        Self::Pkce(error)
    }
}

/// What a store says, as what the peer is told. [`Unfit::Unknown`] is worded by the grant that met it.
pub fn of_unfit(unfit: Unfit, unknown: Refusal) -> Refusal {
    match unfit {
        Unfit::Unknown => unknown,
        Unfit::Code(unfit) => Refusal::Code(unfit),
        Unfit::Refresh(unfit) => Refusal::Refresh(unfit),
        Unfit::Device(unfit) => Refusal::Device(unfit),
        Unfit::User => Refusal::UserDisabled,
    }
}
