//! `client_credentials` — RFC 6749 §4.4: no person, so no ID token and no refresh token.

use hallpass_proto::param::Form;
use hallpass_proto::scope::STANDARD;
use hallpass_proto::token::CLIENT_CREDENTIALS;

use super::{Award, Decision, Grant, TokenCx, scope_for_client};
use crate::refusal::Refusal;

pub(super) struct ClientCredentials;

impl Grant for ClientCredentials {
    fn name(&self) -> &'static str {
        CLIENT_CREDENTIALS
    }

    fn of_a_person(&self) -> bool {
        false
    }

    fn decide<'a>(&'a self, cx: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a> {
        Box::pin(async move {
            // §4.4: "MUST only be used by confidential clients".
            if cx.client.is_public() {
                return Err(Refusal::ClientIsPublic.into());
            }
            let scope = scope_for_client(cx, form)?;
            let personal = scope.only(|s| STANDARD.contains(&s));
            if !personal.is_empty() && form.get("scope").is_some() {
                return Err(Refusal::beyond_client(&personal).into());
            }
            Ok(Award::Client { scope: scope.minus(&personal) })
        })
    }
}
