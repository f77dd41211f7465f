//! Completing a flow — RFC 6749 §4.1.2, §4.2.2, RFC 9207 §2.4, OpenID Connect Core §3.1.3, §3.2.2.

use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::env::Time;
use hallpass_proto::id_token::Requirement;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::pkce::CodeVerifier;
use hallpass_proto::scope::{OPENID, Scope};
use hallpass_proto::secret::Secret;
use hallpass_proto::token::TokenRequest;

use crate::authorize::Pending;
use crate::client::Client;
use crate::error::{CallbackError, Error};
use crate::id_token::Expected;
use crate::tokens::{IdToken, Tokens};

/// What the implicit flow gives: as much of it as the response type asks for.
#[derive(Clone, Debug)]
pub struct Implicit {
    /// For the resource server.
    pub access_token: Option<Secret>,
    /// When the access token ends, when the server says.
    pub expires_at: Option<Time>,
    /// What the access token allows.
    pub scope: Scope,
    /// Who signed in.
    pub id_token: Option<IdToken>,
}

impl Client {
    /// Completes the code flow: checks the response, exchanges the code, verifies the ID token.
    ///
    /// # Errors
    /// [`Error::Callback`] before anything is sent to anybody; then whatever the exchange and the ID token give.
    pub async fn complete(&self, pending: Pending, response: AuthorizationResponse) -> Result<Tokens, Error> {
        let metadata = self.provider().metadata().await?;
        self.check(&pending, &response, &metadata)?;
        if !pending.response_type.code() {
            return Err(CallbackError::OtherFlow.into());
        }
        let code = response.code.ok_or(CallbackError::MissingCode)?;
        let code_verifier = match &pending.code_verifier {
            Some(text) => Some(CodeVerifier::parse(text.expose()).map_err(|_| CallbackError::OtherFlow)?),
            None => None,
        };
        let exchange =
            TokenRequest::AuthorizationCode { code, redirect_uri: pending.redirect_uri, code_verifier };
        let tokens = self.token(&exchange).await?;
        let id_token = match &tokens.id_token {
            // A request without openid sent no nonce: what comes as an ID token proves nothing.
            Some(_) | None if pending.nonce.is_none() => None,
            Some(raw) => {
                let expected = Expected {
                    nonce: pending.nonce.as_deref(),
                    access_token: Some(&tokens.access_token),
                    max_age: pending.max_age,
                    at_hash: Requirement::IfPresent,
                };
                Some(self.verify_id_token(raw, expected).await?)
            }
            None if pending.scope.contains(OPENID) => return Err(Error::IdTokenMissing),
            None => None,
        };
        Ok(Tokens::new(tokens, &pending.scope, id_token, self.env().now()))
    }

    /// Completes the implicit flow with the parameters of the fragment.
    ///
    /// # Errors
    /// As [`Client::complete`].
    pub async fn complete_implicit(
        &self,
        pending: Pending,
        response: AuthorizationResponse,
    ) -> Result<Implicit, Error> {
        let metadata = self.provider().metadata().await?;
        self.check(&pending, &response, &metadata)?;
        let asked = pending.response_type;
        if asked.code() {
            return Err(CallbackError::OtherFlow.into());
        }
        let access_token = match (asked.token(), response.access_token) {
            (true, None) => return Err(CallbackError::TokenMissing("access_token").into()),
            (true, Some(token)) => Some(token),
            (false, _) => None, // not asked for: somebody else's
        };
        if access_token.is_some() && !response.token_type.is_some_and(|t| t.eq_ignore_ascii_case("bearer")) {
            return Err(CallbackError::TokenType.into());
        }
        let id_token = match (asked.id_token(), response.id_token) {
            (false, _) => None,
            (true, None) => return Err(CallbackError::TokenMissing("id_token").into()),
            (true, Some(raw)) => {
                // OpenID Connect Core §3.2.2.9: with an access token, at_hash is required.
                let at_hash = if asked.token() { Requirement::Required } else { Requirement::IfPresent };
                let expected = Expected {
                    nonce: pending.nonce.as_deref(),
                    access_token: access_token.as_ref(),
                    max_age: pending.max_age,
                    at_hash,
                };
                Some(self.verify_id_token(&raw, expected).await?)
            }
        };
        let expires_at = response.expires_in.map(|seconds| self.env().now() + seconds.max(0));
        Ok(Implicit { access_token, expires_at, scope: response.scope.unwrap_or(pending.scope), id_token })
    }

    /// Whether this is the answer to that request, and a yes.
    fn check(
        &self,
        pending: &Pending,
        response: &AuthorizationResponse,
        metadata: &ServerMetadata,
    ) -> Result<(), CallbackError> {
        // The attempt of another issuer or client: its code must not come to this one's token endpoint (mix-up).
        if pending.issuer != self.provider().issuer().as_str() || pending.client_id != self.client_id() {
            return Err(CallbackError::OtherFlow);
        }
        let state = response.state.as_deref().ok_or(CallbackError::StateMissing)?;
        if Secret::from(state) != pending.state {
            return Err(CallbackError::StateDiffers);
        }
        match &response.iss {
            Some(iss) if *iss != pending.issuer => return Err(CallbackError::IssDiffers(iss.clone())),
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(CallbackError::IssMissing);
            }
            Some(_) | None => {}
        }
        // An error is an error, also with a code beside it.
        match &response.error {
            Some(error) => Err(CallbackError::Refused(error.clone())),
            None => Ok(()),
        }
    }
}
