//! A code that waits for a sign-in before it is looked at — RFC 8628 §5.1: when strangers guess too much.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::redirect_uri::with_query;

use crate::core::Core;
use crate::entity::client::Client;
use crate::fault::Fault;
use crate::http::path;
use crate::interact::Outcome;
use crate::refusal::{Failure, Refusal};

/// What is sealed.
const TYPED: &str = "device code typed";

/// What somebody has typed who is to sign in first. Whether a device waits under it is not known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::interact) struct TypedCode {
    user_code: String,
    asked_at: Time,
    expires_at: Time,
}

impl TypedCode {
    pub(super) fn new(core: &Core, user_code: String, now: Time) -> Self {
        Self { user_code, asked_at: now, expires_at: now + core.config.device_code_lifetime }
    }

    /// Sends the browser to the sign-in page.
    pub(super) fn sign_in(&self, core: &Core) -> Result<Outcome, Failure> {
        let sealed = core.keyring.sealer.seal(TYPED, self, &core.env).map_err(Fault::from)?;
        Ok(Outcome::see_other(format!("{}?request={sealed}", core.config.issuer.endpoint(path::SIGN_IN))))
    }

    /// Reads it back, unless it has ended.
    pub(in crate::interact) fn open(core: &Core, sealed: &str, now: Time) -> Option<Result<Self, Failure>> {
        let typed: Self = core.keyring.sealer.open(TYPED, sealed)?;
        Some(if now < typed.expires_at { Ok(typed) } else { Err(Refusal::UserCodeGone.into()) })
    }

    /// Who asks, as far as the sign-in page may tell: to name the client would tell that the code is right.
    pub(in crate::interact) fn client(&self) -> Arc<Client> {
        Arc::new(Client { client_name: "your device".to_owned(), ..Client::new("", self.asked_at) })
    }

    /// Back to the code, which is sent once more by somebody who is signed in.
    pub(in crate::interact) fn go_on(&self, core: &Core) -> Outcome {
        let query: Form<'_> = [("user_code", self.user_code.clone())].into_iter().collect();
        Outcome::see_other(with_query(&core.config.issuer.endpoint(path::DEVICE), &query.encode()))
    }
}
