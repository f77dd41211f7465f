//! `[registration]`: who may register clients by request, and what such clients may have.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_server::config::Config;
use hallpass_server::entity::client::AssertionAudience;
use hallpass_server::register::policy::{
    Pkce, RegistrationAccess, RegistrationPolicy, SCHEME, SoftwareStatements, StatementIssuer, StatementKeys,
};
use hallpass_server::register::{Registrant, Rules};
use url::Url;

use super::document::{Reading, Table, Text};

/// The words of `access`, in the order of their width.
pub(super) const ACCESS: [(&str, RegistrationAccess); 3] = [
    ("off", RegistrationAccess::Off),
    ("initial-access-token", RegistrationAccess::InitialAccessToken),
    ("open", RegistrationAccess::Open),
];

/// More than one a second for every visitor of a big site would be no registration any more.
const MOST_PER_MINUTE: usize = 100_000;

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) {
    let Some(mut entry) = table.table(reading, "registration") else { return };
    let offered = Rules::new(server, Registrant::Stranger);
    let mut policy = RegistrationPolicy::default();
    if let Some(access) = word(reading, &mut entry, "access", &ACCESS) {
        policy.access = access;
    }
    if let Some(text) = entry.text(reading, "scope") {
        match text.value.parse() {
            Ok(scope) => policy.scope = scope,
            Err(why) => entry.wrong(reading, text.line, "scope", &format!("is not a scope: {why}")),
        }
    }
    if let Some(grants) = entry.texts(reading, "grant_types") {
        let known = &offered.server().grant_types_supported;
        policy.grant_types = known_ones(reading, &entry, "grant_types", grants, known);
    }
    if let Some(methods) = entry.texts(reading, "token_endpoint_auth_methods") {
        const KEY: &str = "token_endpoint_auth_methods";
        let known = &offered.server().token_endpoint_auth_methods_supported;
        let methods = known_ones(reading, &entry, KEY, methods, known);
        let method = |text: &String| AuthMethod::ALL.into_iter().find(|method| method.as_str() == text);
        policy.token_endpoint_auth_methods = methods.iter().filter_map(method).collect();
    }
    if let Some(hosts) = entry.texts(reading, "redirect_hosts") {
        policy.redirect_hosts = hosts.into_iter().map(|text| host(reading, &entry, text)).collect();
    }
    if let Some(required) = entry.flag(reading, "require_pkce") {
        policy.require_pkce = if required { Pkce::Required } else { Pkce::AsRegistered };
    }
    if let Some(audience) = entry.texts(reading, "audience") {
        policy.audience = audience.into_iter().map(|text| text.value).collect();
    }
    let audiences = [("issuer", AssertionAudience::Issuer), ("legacy", AssertionAudience::Legacy)];
    if let Some(audience) = word(reading, &mut entry, "client_assertion_audience", &audiences) {
        policy.client_assertion_audience = audience;
    }
    if let Some(most) = entry.number(reading, "per_minute", 1, MOST_PER_MINUTE) {
        policy.per_minute = u32::try_from(most).unwrap_or(u32::MAX);
    }
    let statements = [("optional", SoftwareStatements::Optional), ("required", SoftwareStatements::Required)];
    if let Some(statements) = word(reading, &mut entry, "software_statement", &statements) {
        policy.software_statement = statements;
    }
    for mut issuer in entry.tables(reading, "statement_issuer") {
        let read = statement_issuer(reading, &mut issuer);
        issuer.finish(reading);
        policy.statement_issuers.extend(read);
    }
    if policy.software_statement == SoftwareStatements::Required && policy.statement_issuers.is_empty() {
        let why = "is \"required\", but no [[registration.statement_issuer]] says whose count";
        entry.wrong(reading, entry.line, "software_statement", why);
    }
    entry.finish(reading);
    server.registration = policy;
}

fn word<T: Copy>(
    reading: &mut Reading,
    entry: &mut Table<'_>,
    key: &'static str,
    words: &[(&str, T)],
) -> Option<T> {
    let text = entry.text(reading, key)?;
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text.value) {
        return Some(*meant);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let why = format!("{:?} is not one of {}", text.written, known.join(", "));
    entry.wrong(reading, text.line, key, &why);
    None
}

fn known_ones(
    reading: &mut Reading,
    entry: &Table<'_>,
    key: &'static str,
    texts: Vec<Text>,
    known: &[String],
) -> Vec<String> {
    for text in &texts {
        if !known.contains(&text.value) {
            let why = format!("{:?} is not one of {}", text.written, known.join(", "));
            entry.wrong(reading, text.line, key, &why);
        }
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// A host, `*.` and a host, or `scheme:` and the scheme of an app.
fn host(reading: &mut Reading, entry: &Table<'_>, text: Text) -> String {
    let bare = text.value.strip_prefix("*.").unwrap_or(&text.value);
    let is_host = Url::parse(&format!("https://{bare}/")).is_ok_and(|url| url.host_str() == Some(bare));
    let is_scheme = text.value.strip_prefix(SCHEME).is_some_and(|scheme| {
        !matches!(scheme, "http" | "https")
            && Url::parse(&format!("{scheme}:/")).is_ok_and(|url| url.scheme() == scheme)
    });
    if !is_host && !is_scheme {
        let why = format!(
            "{:?} is not a host such as \"apps.example.com\" or \"*.example.com\", without scheme, port or path, nor the \
             scheme of an app such as \"scheme:com.example.app\"",
            text.written
        );
        entry.wrong(reading, text.line, "redirect_hosts", &why);
    }
    text.value
}

fn statement_issuer(reading: &mut Reading, entry: &mut Table<'_>) -> Option<StatementIssuer> {
    let issuer = entry.required(reading, "issuer", "the iss of the software statements");
    let (uri, file) = (entry.text(reading, "jwks_uri"), entry.text(reading, "jwks_file"));
    let keys = match (uri, file) {
        (Some(_), Some(file)) => {
            entry.wrong(reading, file.line, "jwks_file", "and `jwks_uri` are both given: keep one");
            None
        }
        (None, None) => {
            entry.wrong(reading, entry.line, "jwks_uri", "is missing: give it or jwks_file");
            None
        }
        (Some(uri), None) => {
            let fits = |url: Url| matches!(url.scheme(), "https" | "http") && url.has_host();
            if !Url::parse(&uri.value).is_ok_and(fits) {
                let why = format!("{:?} is not an https URL", uri.written);
                entry.wrong(reading, uri.line, "jwks_uri", &why);
            }
            Some(StatementKeys::At(uri.value))
        }
        (None, Some(file)) => {
            let path = reading.path(&file);
            let read = std::fs::read(&path).map_err(|error| error.to_string());
            match read.and_then(|bytes| JwkSet::parse(&bytes).map_err(|error| error.to_string())) {
                Ok(keys) => Some(StatementKeys::Given(keys)),
                Err(why) => {
                    let what = format!("cannot be read: {}: {why}", path.display());
                    entry.wrong(reading, file.line, "jwks_file", &what);
                    None
                }
            }
        }
    };
    Some(StatementIssuer { issuer: issuer?.value, keys: keys? })
}
