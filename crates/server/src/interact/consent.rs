//! `/consent`: may this client have this? — RFC 6749 §10.2, OpenID Connect Core §3.1.2.4.

use std::collections::BTreeSet;

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::scope::{OFFLINE_ACCESS, OPENID, Scope};

use super::pages::{self, OfflineAccess, ScopeView};
use super::{Browser, FormsEnd, Outcome, answered, check_csrf, client_view, csrf, layout_of, page_url};
use super::{redirect_host, select_account, sign_in};
use crate::authorize::Request;
use crate::authorize::decision::Next;
use crate::config::Config;
use crate::core::Core;
use crate::endpoint::authorize::{advance, next, refuse};
use crate::entity::consent::Consent;
use crate::event::Event;
use crate::http::path;
use crate::refusal::{Failure, Refusal};

const PAGE: &str = "consent";

/// Sends the browser to the page.
pub(crate) fn start(core: &Core, request: &Request) -> Result<Outcome, Failure> {
    Ok(Outcome::see_other(page_url(core, path::CONSENT, request)?))
}

/// Shows the question, if that is what the request waits for.
pub(crate) async fn show(
    core: &Core,
    browser: &Browser,
    query: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = query.require("request")?;
    answered(core, sealed, now, |request, client| async move {
        let (Some(signed_in), Ok(Next::Consent)) =
            (&browser.session, next(core, browser, &request, &client, now).await?)
        else {
            return advance(core, browser, request, &client, now).await;
        };
        let host = redirect_host(&request);
        let csrf = csrf(core, browser, PAGE, sealed);
        let offline = request.scope.contains(OFFLINE_ACCESS);
        let view = pages::Consent {
            layout: layout_of(core, &request),
            client: client_view(&client, &host),
            user_name: signed_in.user.display_name(),
            user_login: signed_in.user.login().unwrap_or_default(),
            scopes: scopes(&core.config, &request.scope),
            claims: claims(&core.config, &request.asked.unknown_to(&request.scope, None)),
            offline: if offline { OfflineAccess::Asked } else { OfflineAccess::NotAsked },
            request: sealed,
            csrf: csrf.expose(),
        };
        Ok(Outcome::page(core.pages.consent(&view), FormsEnd::Elsewhere))
    })
    .await
}

/// Takes the answer. The form is bound to this exact request and to who is signed in.
pub(crate) async fn submit(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    let sealed = body.require("request")?;
    answered(core, sealed, now, |mut request, client| async move {
        check_csrf(core, browser, PAGE, sealed, body)?;
        let Some(signed_in) = &browser.session else {
            return sign_in::start(core, &request);
        };
        match body.get("action") {
            Some("allow") => {
                let consent = Consent {
                    user_id: signed_in.user.id.clone(),
                    client_id: client.client_id.clone(),
                    scope: request.scope.clone(),
                    claims: request.asked.names().into_iter().map(str::to_owned).collect(),
                    granted_at: now,
                };
                core.store.put_consent(&consent).await?;
                Event::Consented { user_id: &consent.user_id, client_id: &consent.client_id }.record();
                request.progress.consented = Some(signed_in.session.sid.clone());
                advance(core, browser, request, &client, now).await
            }
            Some("switch") => select_account::switch(core, request),
            _ => Ok(refuse(core, &request.return_address(), &Refusal::AccessDenied)),
        }
    })
    .await
}

/// The scope in human words. `openid` is the sign-in itself, and `offline_access` has a line of its own.
pub(super) fn scopes<'a>(config: &'a Config, scope: &'a Scope) -> Vec<ScopeView<'a>> {
    scope
        .iter()
        .filter(|name| !matches!(*name, OPENID | OFFLINE_ACCESS))
        .map(|name| match config.scopes.iter().find(|s| s.name == name) {
            Some(text) => ScopeView { name, title: &text.title, detail: &text.detail },
            None => ScopeView { name, title: name, detail: "" },
        })
        .collect()
}

/// Claims in human words.
pub(super) fn claims<'a>(config: &'a Config, names: &BTreeSet<&str>) -> Vec<ScopeView<'a>> {
    let asked = config.claims.iter().filter(|claim| names.contains(claim.name.as_str()));
    asked.map(|claim| ScopeView { name: &claim.name, title: &claim.title, detail: "" }).collect()
}
