//! The cookies: the session's, the one that a browser has before anybody signs in, and the one that says whether the
//! session is still the same — RFC 6265.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Secret;

use super::read::Message;
use crate::accounts;
use crate::config::Config;
use crate::core::Core;
use crate::interact::{Browser, StateCookie, Visitor};
use crate::logout::state;
use crate::refusal::{Failure, Refusal};
use crate::store::SessionUser;

/// A cookie value of ours has 43 characters. Past this nobody has made a mistake.
const LARGEST: usize = 4096;
/// How often a session is noted as used, in seconds.
const TOUCH_EVERY: i64 = 60;

/// Finds out whose browser a request comes from.
pub(super) async fn browser(core: &Core, message: &Message, now: Time) -> Result<Browser, Failure> {
    let config = &core.config;
    let names = [name(config, "visitor"), name(config, "session"), state_name(config)];
    let visitor = value(message, &names[0])?;
    let cookie = value(message, &names[1])?.map(Secret::from);
    let session = match &cookie {
        Some(cookie) => session(core, cookie, now).await?,
        None => None,
    };
    let state = match (value(message, &names[2])?, &session) {
        (Some(held), Some(s)) if held == state::of_browser(core, s.session.digest) => StateCookie::Fits,
        (Some(_) | None, Some(_)) => StateCookie::Stale,
        // Of a session that is over. Where its cookie did not come along, nothing is known of the session.
        (Some(_), None) if cookie.is_some() => StateCookie::Stale,
        (Some(_) | None, None) => StateCookie::Fits,
    };
    let visitor = match visitor {
        Some(value) => Visitor::Known(value.to_owned()),
        None => Visitor::New(core.env.token().expose().clone()),
    };
    Ok(Browser { session, visitor, state, address: message.client_address(core) })
}

async fn session(core: &Core, cookie: &Secret, now: Time) -> Result<Option<SessionUser>, Failure> {
    let Some(SessionUser { session, user }) =
        core.store.session(cookie.digest(), core.config.session_idle, now).await?
    else {
        return Ok(None);
    };
    let Some(user) = accounts::current(core, user).await? else { return Ok(None) };
    if now.since(session.seen_at) >= TOUCH_EVERY {
        core.store.touch_session(session.digest, now).await?;
    }
    Ok(Some(SessionUser { session, user }))
}

/// A value of ours by name: 43 characters of base64url. Another one counts as none; a huge one is refused.
fn value<'a>(message: &'a Message, name: &'a str) -> Result<Option<&'a str>, Refusal> {
    for value in message.cookies(name) {
        if value.len() > LARGEST {
            return Err(Refusal::CookieTooLarge);
        }
        let ours = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if value.len() == 43 && value.iter().all(ours) {
            return Ok(std::str::from_utf8(value).ok());
        }
    }
    Ok(None)
}

/// `Set-Cookie` for the session.
pub(super) fn set_session(core: &Core, value: &Secret) -> String {
    set(core, "session", value.expose(), core.config.session_lifetime)
}

/// `Set-Cookie` that takes the session's cookie away.
pub(super) fn clear_session(core: &Core) -> String {
    set(core, "session", "", 0)
}

/// `Set-Cookie` for the state of the browser — OpenID Connect Session Management 1.0 §3.3. It comes along where clients
/// of other sites frame our page, and scripts of ours read it: it lets nobody in.
pub(super) fn set_state(core: &Core, state: &str) -> String {
    state_cookie(core, state, core.config.session_lifetime)
}

/// `Set-Cookie` that takes it away.
pub(super) fn clear_state(core: &Core) -> String {
    state_cookie(core, "", 0)
}

fn state_cookie(core: &Core, value: &str, max_age: i64) -> String {
    let (name, path) = (state_name(&core.config), path(core));
    // Without `Secure` browsers take no `None`; over http, ports of one host are one site.
    let reach = if core.config.issuer.is_https() { "SameSite=None; Secure" } else { "SameSite=Lax" };
    format!("{name}={value}; Path={path}; Max-Age={max_age}; {reach}")
}

/// The name of that cookie.
pub(crate) fn state_name(config: &Config) -> String {
    name(config, "state")
}

/// `Set-Cookie` for the visitor, which lasts until the browser closes.
pub(super) fn set_visitor(core: &Core, value: &str) -> String {
    format!(
        "{}={value}; Path={}; HttpOnly; SameSite=Lax{}",
        name(&core.config, "visitor"),
        path(core),
        secure(core)
    )
}

fn set(core: &Core, which: &str, value: &str, max_age: i64) -> String {
    let (name, path, secure) = (name(&core.config, which), path(core), secure(core));
    format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}

/// Over https the name starts with `__Host-`, which lets no other host set it. Over http (a demo on this machine) the
/// port is part of the name, for browsers keep one set of cookies for all ports of a host.
fn name(config: &Config, which: &str) -> String {
    let issuer = &config.issuer;
    let tenant: String =
        issuer.path().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if issuer.is_https() {
        return format!("__Host-hallpass_{which}{tenant}");
    }
    let port = issuer.host().rsplit_once(':').map_or("80", |(_, port)| port);
    format!("hallpass_{port}_{which}{tenant}")
}

/// `__Host-` requires `/`.
fn path(core: &Core) -> &str {
    match core.config.issuer.path() {
        "" => "/",
        _ if core.config.issuer.is_https() => "/",
        path => path,
    }
}

fn secure(core: &Core) -> &'static str {
    if core.config.issuer.is_https() { "; Secure" } else { "" }
}
