//! `/`: who is signed in here, and which applications have access.

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::userinfo::scope_of_claim;

use super::consent::{claims, scopes};
use super::pages::{ApplicationView, Home};
use super::{Browser, FormsEnd, Outcome, check_csrf, csrf, layout};
use crate::authorize::length;
use crate::config::Config;
use crate::core::Core;
use crate::entity::consent::Consent;
use crate::event::Event;
use crate::http::path;
use crate::refusal::{Failure, Refusal};

const PAGE: &str = "home";

/// Shows the page.
pub(crate) async fn show(core: &Core, browser: &Browser) -> Result<Outcome, Failure> {
    let csrf = csrf(core, browser, PAGE, "");
    let consents = match &browser.session {
        Some(signed_in) => core.store.consents(&signed_in.user.id).await?,
        None => Vec::new(),
    };
    let mut rows = Vec::with_capacity(consents.len());
    for consent in &consents {
        let client = core.clients.find(core, &consent.client_id).await?;
        rows.push((consent, client, date(consent.granted_at)));
    }
    let applications = rows.iter().map(|(consent, client, since)| ApplicationView {
        name: client
            .as_ref()
            .map(|c| c.client_name.as_str())
            .filter(|n| !n.is_empty())
            .unwrap_or(&consent.client_id),
        client_id: &consent.client_id,
        scopes: allowed(&core.config, consent),
        since,
    });
    let view = Home {
        layout: layout(core),
        signed_in: browser
            .session
            .as_ref()
            .map(|s| (s.user.display_name(), s.user.login().unwrap_or_default())),
        csrf: csrf.expose(),
        applications: applications.collect(),
    };
    Ok(Outcome::page(core.pages.home(&view), FormsEnd::Here))
}

/// What a consent lets an application do, in human words: the claims that no scope of it shows come last.
fn allowed<'a>(config: &'a Config, consent: &'a Consent) -> Vec<&'a str> {
    let of_scope = |name: &&str| scope_of_claim(name).is_some_and(|scope| consent.scope.contains(scope));
    let single = consent.claims.iter().map(String::as_str).filter(|name| !of_scope(name)).collect();
    let scopes = scopes(config, &consent.scope).into_iter();
    scopes.chain(claims(config, &single)).map(|view| view.title).collect()
}

/// Takes an application's access away.
pub(crate) async fn revoke(
    core: &Core,
    browser: &Browser,
    body: &Form<'_>,
    now: Time,
) -> Result<Outcome, Failure> {
    check_csrf(core, browser, PAGE, "", body)?;
    length::within(body, "client_id", length::OTHERS)?;
    let client_id = body.require("client_id")?;
    let signed_in = browser.session.as_ref().ok_or(Refusal::FormStale)?;
    core.store.withdraw_consent(&signed_in.user.id, client_id, now).await?;
    Event::ConsentWithdrawn { user_id: &signed_in.user.id, client_id }.record();
    Ok(Outcome::see_other(core.config.issuer.endpoint(path::HOME)))
}

/// Whether a sign-out form came from this page.
pub(super) fn is_ours(core: &Core, browser: &Browser, body: &Form<'_>) -> bool {
    check_csrf(core, browser, PAGE, "", body).is_ok()
}

/// A day in UTC: `3 March 2026`. Days are counted in the proleptic Gregorian calendar, from 1 March of year 0.
fn date(time: Time) -> String {
    const MONTHS: [&str; 12] = [
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "January",
        "February",
    ];
    let days = time.unix().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400 + i64::from(month >= 10);
    let name = usize::try_from(month).ok().and_then(|m| MONTHS.get(m)).unwrap_or(&"");
    format!("{day} {name} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (unix, text) in [
            (0, "1 January 1970"),
            (951_782_400, "29 February 2000"),
            (1_772_496_000, "3 March 2026"),
            (4_107_542_400, "1 March 2100"),
        ] {
            assert_eq!(date(Time::from_unix(unix)), text);
        }
    }
}
