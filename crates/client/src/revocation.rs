//! Token revocation — RFC 7009.

use bytes::Bytes;
use hallpass_proto::introspection::TokenTypeHint;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::revocation::RevocationRequest;
use hallpass_proto::secret::Secret;
use http::{Request, Response};

use crate::answer;
use crate::authenticate::Credentials;
use crate::client::Client;
use crate::error::Error;

/// The request (§2.1).
///
/// # Errors
/// When the metadata has no revocation endpoint.
pub fn request(
    metadata: &ServerMetadata,
    credentials: &Credentials,
    message: &RevocationRequest,
) -> Result<Request<Bytes>, Error> {
    credentials.post(endpoint(metadata)?, message.to_form())
}

/// Reads the response (§2.2): any 200 is a yes, also for a token that nobody knows.
///
/// # Errors
/// [`Error::OAuth`] when the server says no.
pub fn response(endpoint: &str, response: &Response<Bytes>) -> Result<(), Error> {
    answer::success(endpoint, response)
}

fn endpoint(metadata: &ServerMetadata) -> Result<&str, Error> {
    metadata.revocation_endpoint.as_deref().ok_or_else(|| Error::NotSupported {
        issuer: metadata.issuer.to_string(),
        member: "revocation_endpoint",
    })
}

impl Client {
    /// Ends a token, and with a refresh token the access tokens of its grant.
    ///
    /// # Errors
    /// See [`Error`]. A token that is unknown or over is no error.
    pub async fn revoke(&self, token: &Secret, hint: Option<TokenTypeHint>) -> Result<(), Error> {
        let metadata = self.provider().metadata().await?;
        let endpoint = endpoint(&metadata)?;
        let message = RevocationRequest { token: token.clone(), token_type_hint: hint };
        let request = request(&metadata, &self.credentials(&metadata)?, &message)?;
        response(endpoint, &self.send(endpoint, request).await?)
    }
}
