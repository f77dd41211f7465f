//! A flow that ran: its steps, as a page shows them.

use std::future::Future;

use hallpass_client::error::Error;
use hallpass_client::tokens::{IdToken, Tokens};
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::jwt_access_token::{AccessTokenClaims, AccessTokenRules, CLIENT_ID, TypRule};
use hallpass_proto::secret::Secret;
use serde_json::{Value, json};

use super::clients::Clients;
use super::mask;
use super::trace::{Exchange, recorded};

/// What the API asks of a token for `GET /items`.
pub(super) const ITEMS_READ: &str = "items:read";

/// The steps of one run, in order.
#[derive(Clone, Default)]
pub(super) struct Run {
    pub(super) steps: Vec<Step>,
}

/// One step: a sentence, then whatever of the rest there is.
#[derive(Clone, Default)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) tokens: Vec<Decoded>,
    pub(super) checks: Vec<Checked>,
}

/// A token taken apart.
#[derive(Clone)]
pub(super) struct Decoded {
    pub(super) name: &'static str,
    pub(super) header: String,
    pub(super) claims: String,
}

/// A check and how it ended.
#[derive(Clone, serde::Serialize)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) detail: String,
    pub(super) passed: bool,
}

impl Checked {
    pub(super) fn passed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), detail: detail.into(), passed: true }
    }

    pub(super) fn failed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), detail: detail.into(), passed: false }
    }
}

impl Step {
    pub(super) fn new(title: &str, text: &str) -> Self {
        Self { title: title.to_owned(), text: text.to_owned(), ..Self::default() }
    }
}

impl Run {
    /// Whether every check passed.
    pub(super) fn is_good(&self) -> bool {
        self.steps.iter().flat_map(|step| &step.checks).all(|check| check.passed)
    }

    /// Makes a call and takes it down as a step; an error ends the run.
    pub(super) async fn call<T>(
        &mut self,
        mut step: Step,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        let (outcome, exchanges) = recorded(call).await;
        step.exchanges = exchanges;
        let outcome = outcome.map_err(|error| step.checks.push(failure(&error))).ok();
        self.steps.push(step);
        outcome
    }

    /// What is in the tokens, and which checks the ID token passed.
    pub(super) fn show(&mut self, tokens: &Tokens) {
        let mut step = Step::new("Look into the tokens", "Each is a header, claims and a signature.");
        step.tokens.extend(decoded("Access token", &tokens.access_token));
        if let Some(id_token) = &tokens.id_token {
            step.tokens.extend(decoded("ID token", &id_token.raw));
            step.checks = id_token_checks(id_token);
        }
        self.steps.push(step);
    }

    /// Calls the API with the token; its answer is the last word on it.
    pub(super) async fn call_api(&mut self, clients: &Clients, token: &Secret) {
        let (checks, _) = recorded(access_token_checks(clients, token)).await;
        let mut step = Step::new("Call the API", "The token goes along in the Authorization header.");
        step.checks = checks;
        let Some(answer) = self.call(step, clients.items(token)).await else { return };
        let status = answer.status();
        let verdict = if status.is_success() {
            Checked::passed("GET /items", format!("answered {status}"))
        } else {
            Checked::failed("GET /items", format!("answered {status}: the challenge says what is missing"))
        };
        if let Some(step) = self.steps.last_mut() {
            step.checks.push(verdict);
        }
    }
}

/// An error as a failed check, with what to do about it.
pub(super) fn failure(error: &Error) -> Checked {
    let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    Checked::failed("It did not work", format!("{error}{hint}"))
}

pub(super) fn id_token_checks(id_token: &IdToken) -> Vec<Checked> {
    id_token.checks.iter().map(|check| Checked::passed(check.name, check.detail.as_str())).collect()
}

/// Header and claims, laid out. Nothing for a token that is no JWT.
pub(super) fn decoded(name: &'static str, token: &Secret) -> Option<Decoded> {
    let jws = CompactJws::parse(token.expose()).ok()?;
    let header = jws.header();
    let mut members = json!({ "alg": header.alg });
    for (name, value) in [("kid", &header.kid), ("typ", &header.typ), ("cty", &header.cty)] {
        if let (Some(value), Value::Object(members)) = (value, &mut members) {
            members.insert(name.to_owned(), json!(value));
        }
    }
    let claims = serde_json::from_slice::<Value>(jws.unverified_payload()).ok()?;
    Some(Decoded { name, header: mask::pretty(&members), claims: mask::pretty(&claims) })
}

/// The checks that the API makes too (RFC 9068 §4), made here for the page.
pub(super) async fn access_token_checks(clients: &Clients, token: &Secret) -> Vec<Checked> {
    let jws = match CompactJws::parse(token.expose()) {
        Ok(jws) => jws,
        Err(error) => return vec![Checked::failed("form", error.to_string())],
    };
    let header = jws.header();
    let key = match clients.provider.keys().get(header.kid.as_deref(), header.alg).await {
        Ok(key) => key,
        Err(error) => return vec![Checked::failed("key", error.to_string())],
    };
    let audiences = [clients.api_url.clone()];
    let rules = AccessTokenRules {
        issuer: clients.provider.issuer(),
        audiences: &audiences,
        exp_leeway: 5,
        nbf_leeway: 60,
        typ: TypRule::Strict,
        client_id_claim: CLIENT_ID,
    };
    let now = clients.provider.env().now();
    let claims: Result<AccessTokenClaims, JwtError> = rules.verify(&jws, &key, now);
    match claims {
        Ok(claims) => vec![
            Checked::passed(
                "signature",
                format!("{} by the key {}", header.alg, header.kid.as_deref().unwrap_or("—")),
            ),
            Checked::passed("typ", header.typ.as_deref().unwrap_or_default()),
            Checked::passed("iss", claims.iss),
            Checked::passed("aud", format!("holds {}", clients.api_url)),
            Checked::passed("exp", format!("ends in {} seconds", claims.exp.since(now))),
        ],
        Err(error) => vec![Checked::failed("access token", error.to_string())],
    }
}
