//! Single claims and `acr` — OpenID Connect Core §5.5, and `acr_values` of §3.1.2.1: what of it the server understands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use hallpass_proto::claims_request::{ClaimsRequest, ClaimsRequestError, RequestedClaims, without_language};
use hallpass_proto::param::Form;
use hallpass_proto::scope::{OPENID, Scope};
use hallpass_proto::userinfo::scope_of_claim;

use super::length;
use crate::config::Config;
use crate::entity::client::Client;
use crate::entity::consent::Consent;
use crate::entity::grant::GrantedClaims;
use crate::refusal::Refusal;

/// What a request asks for by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Claims that can be had here; whatever else was asked for is ignored (§5.5.1).
    #[serde(default)]
    pub(crate) claims: GrantedClaims,
    /// How the person must have signed in.
    #[serde(default)]
    pub(crate) acr: AcrWish,
    /// Whom the answer may be about, each by `sub`: anybody where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subjects: Vec<String>,
}

/// How an `acr` is asked for. Only values that a sign-in here can have are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AcrWish {
    /// Any will do.
    #[default]
    Any,
    /// One of these, the first before the others, if it can be had.
    Preferred(Vec<String>),
    /// One of these or no answer.
    Required(Vec<String>),
}

impl AcrWish {
    /// Whether a sign-in that meets `met` is enough.
    pub(crate) fn is_met(&self, met: &[&str]) -> bool {
        match self {
            Self::Any | Self::Preferred(_) => true,
            Self::Required(values) => values.iter().any(|value| met.contains(&value.as_str())),
        }
    }

    /// The `acr` of a sign-in that meets `met`, the strongest first: the wished one, or the strongest.
    pub(crate) fn choose(&self, met: &[&str]) -> Option<String> {
        let wished = match self {
            Self::Any => None,
            Self::Preferred(values) | Self::Required(values) => {
                values.iter().find(|value| met.contains(&value.as_str()))
            }
        };
        wished.cloned().or_else(|| met.first().map(|acr| (*acr).to_owned()))
    }
}

impl Asked {
    /// Which of the claims are neither in the scope of the request nor allowed before. A language makes no difference.
    pub(crate) fn unknown_to<'a>(&'a self, scope: &Scope, consent: Option<&Consent>) -> BTreeSet<&'a str> {
        let mut names = self.names();
        names.retain(|name| {
            let of_scope = |scope: &Scope| scope_of_claim(name).is_some_and(|s| scope.contains(s));
            !of_scope(scope) && !consent.is_some_and(|c| of_scope(&c.scope) || c.claims.contains(*name))
        });
        names
    }

    /// The claims without language.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.claims.userinfo.iter().chain(&self.claims.id_token).map(|name| without_language(name)).collect()
    }
}

/// Reads `claims` and `acr_values`. Without `openid` there is nothing for `claims` to speak of.
pub(super) fn asked(
    config: &Config,
    client: &Client,
    scope: &Scope,
    form: &Form<'_>,
) -> Result<Asked, Refusal> {
    let request = match form.get("claims") {
        Some(text) if scope.contains(OPENID) => ClaimsRequest::parse(text)?,
        Some(_) | None => ClaimsRequest::default(),
    };
    let asked = Asked {
        claims: GrantedClaims {
            userinfo: available(config, client, &request.userinfo),
            id_token: available(config, client, &request.id_token),
        },
        acr: acr(config, client, &request, form)?,
        subjects: subjects(&request)?,
    };
    // It travels with the pages.
    let names = asked.claims.userinfo.iter().chain(&asked.claims.id_token).chain(&asked.subjects);
    if names.map(String::len).sum::<usize>() > length::OTHERS {
        return Err(Refusal::ParameterTooLong { name: "claims", longest: length::OTHERS });
    }
    Ok(asked)
}

/// §5.5.1: claims that are not available "SHOULD" be left out, "and MUST NOT" be an error. A client's registration bounds
/// what it may ask for by name as well as by scope.
fn available(config: &Config, client: &Client, asked: &RequestedClaims) -> BTreeSet<String> {
    let known = |name: &&str| config.claims.iter().any(|claim| claim.name == without_language(name));
    asked.names().filter(known).filter(|name| client.may_have_claim(name)).map(str::to_owned).collect()
}

/// §5.5.1.1: if an essential `acr` "cannot be met, … the Authorization Server MUST treat that outcome as a failed
/// authentication attempt". Choice: what no sign-in here can ever have is refused before anybody signs in.
fn acr(
    config: &Config,
    client: &Client,
    request: &ClaimsRequest,
    form: &Form<'_>,
) -> Result<AcrWish, Refusal> {
    let offered = |value: &&str| config.acr_values.iter().any(|acr| acr.name == *value);
    let kept = |values: &mut dyn Iterator<Item = &str>| values.filter(offered).map(str::to_owned).collect();
    let by_claim = request.id_token.get("acr");
    if let Some(asked) = by_claim.filter(|asked| asked.essential) {
        let values: Vec<String> = match asked.values.is_empty() {
            true => config.acr_values.iter().map(|acr| acr.name.clone()).collect(),
            false => kept(&mut asked.texts()),
        };
        return if values.is_empty() { Err(Refusal::AcrUnmet) } else { Ok(AcrWish::Required(values)) };
    }
    // §5.5.1.1 leaves open which of the two wishes counts. Choice: the one that says more.
    let values: Vec<String> = match (by_claim, form.get("acr_values")) {
        (Some(asked), _) if !asked.values.is_empty() => kept(&mut asked.texts()),
        (_, Some(values)) => kept(&mut values.split(' ')),
        (_, None) => kept(&mut client.default_acr_values.iter().map(String::as_str)),
    };
    Ok(if values.is_empty() { AcrWish::Any } else { AcrWish::Preferred(values) })
}

/// §3.1.2.2: if `sub` "is requested with a specific value", there is a positive answer for nobody else.
fn subjects(request: &ClaimsRequest) -> Result<Vec<String>, Refusal> {
    let by = |claims: &RequestedClaims| match claims.get("sub") {
        Some(asked) if !asked.values.is_empty() => {
            let texts: Vec<String> = asked.texts().map(str::to_owned).collect();
            let malformed = Refusal::Claims(ClaimsRequestError::Values("sub".to_owned()));
            if texts.is_empty() { Err(malformed) } else { Ok(texts) }
        }
        Some(_) | None => Ok(Vec::new()),
    };
    both(by(&request.id_token)?, by(&request.userinfo)?)
}

/// Whom two demands leave; an empty one leaves everybody. Where they leave nobody, there is nobody to sign in.
pub(super) fn both(mut one: Vec<String>, other: Vec<String>) -> Result<Vec<String>, Refusal> {
    if one.is_empty() || other.is_empty() {
        one.extend(other);
        return Ok(one);
    }
    one.retain(|subject| other.contains(subject));
    if one.is_empty() { Err(Refusal::UserDiffers) } else { Ok(one) }
}
