//! The authorization request as the server understands it — RFC 6749 §4.1.1, §4.2.1; OpenID Connect Core §3.
//!
//! [`pipeline`] reads and checks it; [`decision`] says what has to happen next; the endpoint and the pages do it.
//! A request in progress is a value of its own that the browser carries, sealed: never a slot in the session, so that
//! any number of tabs sign in at once, on any node.

use serde::{Deserialize, Serialize};

use hallpass_proto::authorize::{Display, Prompt, ResponseMode, ResponseType};
use hallpass_proto::env::Time;
use hallpass_proto::pkce::CodeChallenge;
use hallpass_proto::scope::Scope;

pub(crate) mod claims;
mod client;
pub(crate) mod decision;
pub(crate) mod display;
pub(crate) mod id_token_hint;
pub(crate) mod length;
pub(crate) mod pipeline;
mod prompt;
pub(crate) mod request_object;
pub(crate) mod request_uri;
mod response_type;
pub(crate) mod scope;

use claims::Asked;

/// A request that has passed every check, with what the person has done about it so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) response_type: ResponseType,
    pub(crate) response_mode: ResponseMode,
    pub(crate) scope: Scope,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompt: Vec<Prompt>,
    pub(crate) max_age: Option<i64>,
    pub(crate) login_hint: Option<String>,
    /// Single claims, `acr`, and whom the answer may be about.
    #[serde(default)]
    pub(crate) asked: Asked,
    #[serde(default)]
    pub(crate) display: Display,
    #[serde(default)]
    pub(crate) ui_locales: Vec<String>,
    /// When it came.
    pub(crate) at: Time,
    pub(crate) progress: Progress,
}

/// What the person has done on the pages, each bound to the session (`sid`) it was done in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Signed in for this request: `prompt=login` and `max_age=0` are met.
    pub(crate) signed_in: Option<String>,
    /// Chose to go on with this account.
    pub(crate) account: Option<String>,
    /// Allowed it, seeing what is asked for.
    pub(crate) consented: Option<String>,
}

/// Where an answer goes, when it can go back to the client at all.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    pub(crate) redirect_uri: String,
    pub(crate) response_mode: ResponseMode,
    pub(crate) state: Option<String>,
}

impl Request {
    pub(crate) fn return_address(&self) -> ReturnAddress {
        ReturnAddress {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
        }
    }

    /// Whether a person of this `sub` may be signed in with the answer: anybody, unless `id_token_hint` or the claim `sub`
    /// says who is meant.
    pub(crate) fn is_for(&self, subject: &str) -> bool {
        self.asked.subjects.is_empty() || self.asked.subjects.iter().any(|meant| meant == subject)
    }

    pub(crate) fn asks(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }
}
