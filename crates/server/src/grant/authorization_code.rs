//! `authorization_code` — RFC 6749 §4.1.3, RFC 7636 §4.5.

use hallpass_proto::param::Form;
use hallpass_proto::pkce::CodeVerifier;
use hallpass_proto::token::AUTHORIZATION_CODE;

use super::{Award, Decision, Grant, TokenCx};
use crate::refusal::Refusal;

pub(super) struct AuthorizationCode;

impl Grant for AuthorizationCode {
    fn name(&self) -> &'static str {
        AUTHORIZATION_CODE
    }

    /// Whether the code fits the client, the redirect URI and the verifier is checked by the store, in the step that
    /// spends it ([`crate::entity::code::Code::check`]).
    fn decide<'a>(&'a self, _: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a> {
        Box::pin(async move {
            let code = form.require("code")?.into();
            let verifier = form.get("code_verifier").map(CodeVerifier::parse).transpose();
            let verifier = verifier.map_err(|_| Refusal::VerifierMalformed)?;
            Ok(Award::Code {
                code,
                redirect_uri: form.get("redirect_uri"),
                code_challenge: verifier.map(|v| v.challenge()),
            })
        })
    }
}
