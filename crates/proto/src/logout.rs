//! Sign-out started by the client — OpenID Connect RP-Initiated Logout 1.0.

use crate::param::Form;
use crate::secret::Secret;

/// The request to the `end_session_endpoint` (§2).
#[derive(Clone, Debug, Default)]
pub struct EndSessionRequest {
    /// An ID token that the client got: says who signs out, and from where.
    pub id_token_hint: Option<Secret>,
    /// The client, when there is no hint.
    pub client_id: Option<String>,
    /// Where the browser goes afterwards: one that is registered.
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back with it.
    pub state: Option<String>,
}

impl EndSessionRequest {
    /// The parameters.
    pub fn to_form(&self) -> Form<'_> {
        let mut form = Form::default();
        form.push_some("id_token_hint", self.id_token_hint.as_ref().map(|s| s.expose().as_str()));
        form.push_some("client_id", self.client_id.as_deref());
        form.push_some("post_logout_redirect_uri", self.post_logout_redirect_uri.as_deref());
        form.push_some("state", self.state.as_deref());
        form
    }
}
