//! The token endpoint — RFC 6749 §3.2: every grant's request, and the one response.

use bytes::Bytes;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;
use hallpass_proto::token::{TokenRequest, TokenResponse};
use http::{Request, Response};

use crate::answer;
use crate::authenticate::Credentials;
use crate::client::Client;
use crate::error::Error;
use crate::id_token::Expected;
use crate::tokens::Tokens;

/// The request.
///
/// # Errors
/// When the metadata has no token endpoint, or one that requests must not go to.
pub fn request(
    metadata: &ServerMetadata,
    credentials: &Credentials,
    grant: &TokenRequest,
) -> Result<Request<Bytes>, Error> {
    credentials.post(endpoint(metadata)?, grant.to_form())
}

/// Reads the response.
///
/// # Errors
/// [`Error::OAuth`] when the server says no; [`Error::Malformed`] when what it says is no token response.
pub fn response(endpoint: &str, response: &Response<Bytes>) -> Result<TokenResponse, Error> {
    let read: TokenResponse = answer::json(endpoint, response)?;
    // RFC 6749 §7.1: the client "MUST NOT use an access token if it does not understand the token type".
    if !read.token_type.eq_ignore_ascii_case("bearer") {
        return Err(answer::malformed(endpoint, response, "the token_type is not Bearer"));
    }
    if read.access_token.expose().is_empty() {
        return Err(answer::malformed(endpoint, response, "the access_token is empty"));
    }
    Ok(read)
}

pub(crate) fn endpoint(metadata: &ServerMetadata) -> Result<&str, Error> {
    metadata
        .token_endpoint
        .as_deref()
        .ok_or_else(|| Error::NotSupported { issuer: metadata.issuer.to_string(), member: "token_endpoint" })
}

impl Client {
    /// Client credentials (RFC 6749 §4.4): a token for the client itself. An empty scope asks for the default.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn client_credentials(&self, scope: &Scope) -> Result<Tokens, Error> {
        self.grant(TokenRequest::ClientCredentials { scope: scope.clone() }, scope, Expectation::Nobody).await
    }

    /// The password grant (RFC 6749 §4.3). RFC 9700 §2.4 says that it must not be used by new systems: it shows
    /// the person's password to the client.
    ///
    /// # Errors
    /// See [`Error`]; a wrong password is `invalid_grant`.
    pub async fn password(&self, username: &str, password: &Secret, scope: &Scope) -> Result<Tokens, Error> {
        let grant = TokenRequest::Password {
            username: username.to_owned(),
            password: password.clone(),
            scope: scope.clone(),
        };
        self.grant(grant, scope, Expectation::Anybody).await
    }

    /// A refresh (RFC 6749 §6). An empty scope asks for the same one again.
    ///
    /// With `subject`, an ID token that comes along must be about that person (OpenID Connect Core §12.2).
    /// When the answer has no refresh token, the old one stays valid and is in the result.
    ///
    /// # Errors
    /// See [`Error`]; only `invalid_grant` means that the refresh token is spent.
    pub async fn refresh(
        &self,
        refresh_token: &Secret,
        scope: &Scope,
        subject: Option<&str>,
    ) -> Result<Tokens, Error> {
        let grant = TokenRequest::RefreshToken { refresh_token: refresh_token.clone(), scope: scope.clone() };
        let expectation = subject.map_or(Expectation::Anybody, Expectation::Subject);
        let mut tokens = self.grant(grant, scope, expectation).await?;
        tokens.refresh_token.get_or_insert_with(|| refresh_token.clone());
        Ok(tokens)
    }

    pub(crate) async fn token(&self, grant: &TokenRequest) -> Result<TokenResponse, Error> {
        let metadata = self.provider().metadata().await?;
        let endpoint = endpoint(&metadata)?;
        let request = request(&metadata, &self.credentials(&metadata)?, grant)?;
        response(endpoint, &self.send(endpoint, request).await?)
    }

    /// Tokens of whoever the grant is from.
    pub(crate) async fn personal(&self, grant: TokenRequest, asked: &Scope) -> Result<Tokens, Error> {
        self.grant(grant, asked, Expectation::Anybody).await
    }

    async fn grant(
        &self,
        grant: TokenRequest,
        asked: &Scope,
        expectation: Expectation<'_>,
    ) -> Result<Tokens, Error> {
        let response = self.token(&grant).await?;
        let id_token = match (&response.id_token, expectation) {
            (None, _) | (_, Expectation::Nobody) => None,
            (Some(raw), Expectation::Anybody | Expectation::Subject(_)) => {
                let expected = Expected { access_token: Some(&response.access_token), ..Expected::default() };
                Some(self.verify_id_token(raw, expected).await?)
            }
        };
        if let (Some(id_token), Expectation::Subject(subject)) = (&id_token, expectation)
            && id_token.claims.sub != subject
        {
            let endpoint = endpoint(self.provider().metadata().await?.as_ref())?.to_owned();
            return Err(Error::SubjectDiffers { endpoint });
        }
        Ok(Tokens::new(response, asked, id_token, self.env().now()))
    }
}

/// Whom an ID token in the response may be about.
#[derive(Clone, Copy)]
enum Expectation<'a> {
    /// The grant is no person's: an ID token means nothing.
    Nobody,
    Anybody,
    Subject(&'a str),
}
