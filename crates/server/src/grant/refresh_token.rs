//! `refresh_token` — RFC 6749 §6.

use hallpass_proto::param::Form;
use hallpass_proto::token::REFRESH_TOKEN;

use super::{Award, Decision, Grant, TokenCx};
use crate::refusal::Refusal;

pub(super) struct RefreshToken;

impl Grant for RefreshToken {
    fn name(&self) -> &'static str {
        REFRESH_TOKEN
    }

    /// Whether the token fits the client and the scope fits the grant is checked by the store, in the step that uses
    /// it ([`crate::entity::refresh::RefreshToken::check`]).
    fn decide<'a>(&'a self, _: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a> {
        Box::pin(async move {
            let token = form.require("refresh_token")?.into();
            let scope = form.get("scope").map(str::parse).transpose().map_err(Refusal::ScopeMalformed)?;
            Ok(Award::Refresh { token, scope })
        })
    }
}
