//! `password` — RFC 6749 §4.3. For clients that are registered for it, and RFC 9700 §2.4 says why there should be none.

use hallpass_proto::param::Form;
use hallpass_proto::token::PASSWORD;

use super::{Award, Decision, Grant, TokenCx, scope_for_client};
use crate::accounts::Credentials;
use crate::interact::verify_credentials;

pub(super) struct Password;

impl Grant for Password {
    fn name(&self) -> &'static str {
        PASSWORD
    }

    /// Goes through the same check and the same lock-out as the sign-in page: §4.3.2 requires protection "against
    /// brute force attacks".
    fn decide<'a>(&'a self, cx: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a> {
        Box::pin(async move {
            let username = form.require("username")?;
            let password = form.require("password")?.into();
            let scope = scope_for_client(cx, form)?;
            let shown = Credentials::password_alone(&password);
            let person = verify_credentials(cx.core, username, &shown, cx.now).await?;
            Ok(Award::Person { person: Box::new(person), scope })
        })
    }
}
