//! What a test sees of the log, and what it must not see there.

use hallpass_proto::param::Form;
pub(crate) use hallpass_testkit::log::Log;
use hallpass_testkit::{Browser, Tokens};

/// Values that were seen in the run and must not be in the log.
#[derive(Default)]
pub(crate) struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    pub(crate) fn plant(&mut self, what: &'static str, value: &str) {
        assert!(value.len() >= 8, "{what} is too short to be looked for: {value:?}");
        self.0.push((what, value.to_owned()));
        // a token is also betrayed by its signature, or by its payload
        for part in value.split('.').skip(1).filter(|part| part.len() >= 20) {
            self.0.push((what, part.to_owned()));
        }
        let encoded: Form<'_> = [("x", value)].into_iter().collect();
        self.0.push((what, encoded.encode()[2..].to_owned()));
    }

    pub(crate) fn plant_tokens(&mut self, tokens: &Tokens) {
        self.plant("an access token", &tokens.access_token);
        self.plant("a refresh token", &tokens.refresh_token);
        self.plant("an ID token", &tokens.id_token);
    }

    pub(crate) fn plant_cookies(&mut self, browser: &Browser) {
        for value in browser.cookies().values() {
            self.plant("a cookie", value);
        }
    }

    pub(crate) fn look_for(&self, log: &str) {
        for (what, value) in &self.0 {
            assert!(!log.contains(value), "{what} is in the log: {value}");
        }
    }
}
