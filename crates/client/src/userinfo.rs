//! UserInfo — OpenID Connect Core §5.3.

use bytes::Bytes;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::UserInfo;
use http::{Request, Response};

use crate::answer;
use crate::authenticate;
use crate::client::Client;
use crate::error::Error;

/// The request (§5.3.1), with the access token in the header.
///
/// # Errors
/// When the metadata has no UserInfo endpoint.
pub fn request(metadata: &ServerMetadata, access_token: &Secret) -> Result<Request<Bytes>, Error> {
    authenticate::get(endpoint(metadata)?, Some(access_token))
}

/// Reads the response (§5.3.2). The `sub` "MUST be verified to exactly match the sub Claim in the ID Token; if they
/// do not match, the UserInfo Response values MUST NOT be used."
///
/// # Errors
/// [`Error::SubjectDiffers`] when it is about another person.
pub fn response(endpoint: &str, response: &Response<Bytes>, subject: &str) -> Result<UserInfo, Error> {
    let info: UserInfo = answer::json(endpoint, response)?;
    if info.sub == subject { Ok(info) } else { Err(Error::SubjectDiffers { endpoint: endpoint.to_owned() }) }
}

fn endpoint(metadata: &ServerMetadata) -> Result<&str, Error> {
    metadata.userinfo_endpoint.as_deref().ok_or_else(|| Error::NotSupported {
        issuer: metadata.issuer.to_string(),
        member: "userinfo_endpoint",
    })
}

impl Client {
    /// Claims about the person who signed in; `subject` is the `sub` of their ID token.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn userinfo(&self, access_token: &Secret, subject: &str) -> Result<UserInfo, Error> {
        let metadata = self.provider().metadata().await?;
        let endpoint = endpoint(&metadata)?;
        let request = request(&metadata, access_token)?;
        response(endpoint, &self.send(endpoint, request).await?, subject)
    }
}
