//! The addresses that a client names — OpenID Connect Registration §2, §5, Core §8.1, and the logout specs.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::issuer::is_loopback;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::registration::ClientMetadata;
use url::Url;

use super::rule::{Findings, Rule, shown};
use super::rules::{Registrant, Rules};
use crate::entity::client::{Client, SubjectType};

impl Rules {
    /// §2, `application_type`. What it says is held against strangers, and against an operator who has given it.
    ///
    /// Choice: a native client may have https redirect URIs: RFC 8252 §7.2 came later, and prefers them.
    pub(super) fn redirect_uris(
        &self,
        given: &ClientMetadata,
        response_types: &[ResponseType],
        found: &mut Findings,
    ) -> Vec<RedirectUri> {
        const MEMBER: &str = "redirect_uris";
        let texts = given.redirect_uris.as_deref().unwrap_or_default();
        let uris = Self::uris(MEMBER, Some(texts), found);
        let native = given.application_type.as_deref() == Some("native");
        let counts = self.registrant == Registrant::Stranger || given.application_type.is_some();
        if native || !counts {
            return uris;
        }
        let implicit = response_types.iter().any(|t| t.id_token() || t.token());
        for (at, text) in texts.iter().enumerate() {
            let Ok(url) = Url::parse(text) else { continue };
            if !matches!(url.scheme(), "https" | "http") {
                found.wrong_at(MEMBER, at, Rule::SchemeOfWeb(shown(text)));
            } else if implicit && is_loopback(&url) {
                found.wrong_at(MEMBER, at, Rule::LoopbackOfImplicit(shown(text)));
            }
        }
        uris
    }

    pub(super) fn uris(
        member: &'static str,
        texts: Option<&[String]>,
        found: &mut Findings,
    ) -> Vec<RedirectUri> {
        let mut uris = Vec::new();
        for (at, text) in texts.unwrap_or_default().iter().enumerate() {
            match RedirectUri::parse(text) {
                Ok(uri) => uris.push(uri),
                Err(why) => found.wrong_at(member, at, Rule::RedirectUri { uri: shown(text), why }),
            }
        }
        uris
    }

    /// A page that people are sent to, or a picture that they are shown. From a stranger it is https, or on the
    /// person's own machine.
    pub(super) fn page(
        &self,
        member: &'static str,
        text: Option<&String>,
        found: &mut Findings,
    ) -> Option<String> {
        let text = text?;
        self.check_page(member, text, found);
        Some(text.clone())
    }

    fn check_page(&self, member: &'static str, text: &str, found: &mut Findings) {
        match web(text) {
            None => found.wrong(member, Rule::NotWeb(shown(text))),
            Some(url) if self.registrant == Registrant::Stranger => {
                let by_http = url.scheme() == "http";
                if by_http && (member == "logo_uri" || !is_loopback(&url)) {
                    found.wrong(member, Rule::NotHttps(shown(text)));
                }
            }
            Some(_) => {}
        }
    }

    /// RFC 7591 §2.2: the same in other languages.
    pub(super) fn localized(&self, given: &ClientMetadata, found: &mut Findings) -> BTreeMap<String, String> {
        for (name, text) in &given.localized {
            for member in ["client_uri", "logo_uri", "policy_uri", "tos_uri"] {
                if name.split('#').next() == Some(member) {
                    self.check_page(member, text, found);
                }
            }
        }
        given.localized.clone()
    }

    /// What the server fetches. Only https from a stranger; an operator may name a host that the outbound settings let
    /// in without.
    pub(super) fn fetched(
        &self,
        member: &'static str,
        text: Option<&String>,
        found: &mut Findings,
    ) -> Option<String> {
        let text = text?;
        match web(text) {
            Some(url) if url.scheme() == "https" || self.registrant == Registrant::Operator => {
                if url.fragment().is_some() && member != "request_uris" {
                    found.wrong(member, Rule::Fragment(shown(text)));
                }
            }
            Some(_) | None => found.wrong(member, Rule::NotHttps(shown(text))),
        }
        Some(text.clone())
    }

    /// Core §4, Registration §2: `initiate_login_uri` "MUST use the https scheme". An operator may have an application
    /// on this machine.
    pub(super) fn https(
        &self,
        member: &'static str,
        text: Option<&String>,
        found: &mut Findings,
    ) -> Option<String> {
        let text = text?;
        let fits = |url: &Url| {
            url.scheme() == "https" || (self.registrant == Registrant::Operator && is_loopback(url))
        };
        if !web(text).is_some_and(|url| fits(&url)) {
            found.wrong(member, Rule::NotHttps(shown(text)));
        }
        Some(text.clone())
    }

    /// §2: "request_uri values […] MAY be registered with a fragment": it is the digest of what is there.
    pub(super) fn request_uris(&self, given: &ClientMetadata, found: &mut Findings) -> Vec<String> {
        let texts = given.request_uris.as_deref().unwrap_or_default();
        for (at, text) in texts.iter().enumerate() {
            let fits = |url: Url| url.scheme() == "https" || self.registrant == Registrant::Operator;
            if !web(text).is_some_and(fits) {
                found.wrong_at("request_uris", at, Rule::NotHttps(shown(text)));
            }
        }
        texts.to_vec()
    }

    /// §5: the URL "MUST" be https.
    pub(super) fn sector(&self, given: &ClientMetadata, found: &mut Findings) -> Option<String> {
        self.fetched("sector_identifier_uri", given.sector_identifier_uri.as_ref(), found)
    }

    /// Core §8.1: "If there are multiple hostnames in the registered redirect_uris, the Client MUST register a
    /// sector_identifier_uri."
    pub(super) fn sector_is_known(&self, client: &Client, found: &mut Findings) {
        if client.subject_type != SubjectType::Pairwise || client.sector_identifier_uri.is_some() {
            return;
        }
        let host = |uri: &RedirectUri| Url::parse(uri.as_str()).ok()?.host_str().map(str::to_owned);
        let hosts: BTreeSet<_> = client.redirect_uris.iter().map(host).collect();
        if hosts.len() != 1 || hosts.contains(&None) {
            found.wrong("subject_type", Rule::SectorMissing);
        }
    }

    /// Back-Channel Logout §2.2: absolute, "MUST NOT include a fragment component".
    pub(super) fn backchannel(&self, given: &ClientMetadata, found: &mut Findings) -> Option<String> {
        self.fetched("backchannel_logout_uri", given.backchannel_logout_uri.as_ref(), found)
    }

    /// Front-Channel Logout §2: absolute, "MUST NOT include a fragment component".
    pub(super) fn frontchannel(&self, given: &ClientMetadata, found: &mut Findings) -> Option<String> {
        const MEMBER: &str = "frontchannel_logout_uri";
        let text = given.frontchannel_logout_uri.as_ref()?;
        match web(text) {
            Some(url) if url.fragment().is_some() => found.wrong(MEMBER, Rule::Fragment(shown(text))),
            Some(_) => {}
            None => found.wrong(MEMBER, Rule::NotWeb(shown(text))),
        }
        Some(text.clone())
    }

    /// Front-Channel Logout §2: "The domain, port, and scheme of this URL MUST be the same as that of a registered
    /// Redirection URI value."
    pub(super) fn frontchannel_fits(client: &Client, found: &mut Findings) {
        let Some(text) = &client.frontchannel_logout_uri else { return };
        let Some(url) = web(text) else { return };
        let same = |uri: &RedirectUri| Url::parse(uri.as_str()).is_ok_and(|own| own.origin() == url.origin());
        if !client.redirect_uris.iter().any(same) {
            found.wrong("frontchannel_logout_uri", Rule::OriginDiffers(shown(text)));
        }
    }
}

/// An http or https URL with a host, written as such, and without anything that hides the host.
fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let written = lower.starts_with("https://") || lower.starts_with("http://");
    let plain = text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    let bare = url.username().is_empty() && url.password().is_none();
    (written && plain && bare && matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(url)
}
