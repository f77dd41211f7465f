//! Token introspection — RFC 7662.

use bytes::Bytes;
use hallpass_proto::introspection::{IntrospectionRequest, IntrospectionResponse, TokenTypeHint};
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::secret::Secret;
use http::{Request, Response};

use crate::answer;
use crate::authenticate::Credentials;
use crate::client::Client;
use crate::error::Error;

/// The request (§2.1).
///
/// # Errors
/// When the metadata has no introspection endpoint.
pub fn request(
    metadata: &ServerMetadata,
    credentials: &Credentials,
    message: &IntrospectionRequest,
) -> Result<Request<Bytes>, Error> {
    credentials.post(endpoint(metadata)?, message.to_form())
}

/// Reads the response (§2.2).
///
/// # Errors
/// [`Error::OAuth`] when the server says no, [`Error::Malformed`] when it says something else.
pub fn response(endpoint: &str, response: &Response<Bytes>) -> Result<IntrospectionResponse, Error> {
    answer::json(endpoint, response)
}

fn endpoint(metadata: &ServerMetadata) -> Result<&str, Error> {
    metadata.introspection_endpoint.as_deref().ok_or_else(|| Error::NotSupported {
        issuer: metadata.issuer.to_string(),
        member: "introspection_endpoint",
    })
}

impl Client {
    /// Asks the issuer about a token.
    ///
    /// # Errors
    /// See [`Error`]. A token that is not valid is no error: the answer is not `active`.
    pub async fn introspect(
        &self,
        token: &Secret,
        hint: Option<TokenTypeHint>,
    ) -> Result<IntrospectionResponse, Error> {
        let metadata = self.provider().metadata().await?;
        let endpoint = endpoint(&metadata)?;
        let message = IntrospectionRequest { token: token.clone(), token_type_hint: hint };
        let request = request(&metadata, &self.credentials(&metadata)?, &message)?;
        response(endpoint, &self.send(endpoint, request).await?)
    }
}
