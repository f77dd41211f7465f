//! Sign-out at the issuer — OpenID Connect RP-Initiated Logout 1.0 §2.

use hallpass_proto::logout::EndSessionRequest;
use hallpass_proto::redirect_uri::with_query;
use hallpass_proto::secret::Secret;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Where to send the browser so that the person is signed out at the issuer too. `None` when the issuer does
    /// not offer it.
    ///
    /// # Errors
    /// When the metadata cannot be had.
    pub async fn end_session_url(
        &self,
        id_token: Option<&Secret>,
        return_to: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let metadata = self.provider().metadata().await?;
        let Some(endpoint) = metadata.end_session_endpoint.as_deref() else { return Ok(None) };
        let request = EndSessionRequest {
            id_token_hint: id_token.cloned(),
            client_id: Some(self.client_id().to_owned()),
            post_logout_redirect_uri: return_to.map(str::to_owned),
            state: None,
        };
        Ok(Some(with_query(endpoint, &request.to_form().encode())))
    }
}
