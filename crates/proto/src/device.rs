//! Device Authorization Grant — RFC 8628: the request for two codes, the answer, and the code that a person types.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::param::Form;
use crate::scope::Scope;
use crate::secret::Secret;

/// §3.2: how many seconds a client waits between polls where the answer does not say: "clients MUST use 5".
pub const DEFAULT_INTERVAL: i64 = 5;
/// §3.5, `slow_down`: the interval "MUST be increased by 5 seconds for this and all subsequent requests".
pub const SLOWER_BY: i64 = 5;

/// A device authorization request as a client makes it, without client authentication (§3.1).
#[derive(Clone, Debug)]
pub struct DeviceAuthorizationRequest {
    /// The scope; empty means the client's default.
    pub scope: Scope,
}

impl DeviceAuthorizationRequest {
    /// The parameters.
    pub fn to_form(&self) -> Form<'static> {
        let mut form = Form::default();
        form.push_some("scope", (!self.scope.is_empty()).then(|| self.scope.to_string()));
        form
    }
}

/// The answer: one code for the device, and one for the person (§3.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceAuthorizationResponse {
    /// What the device polls with. Shown to nobody.
    pub device_code: Secret,
    /// What the person types, as it is to be shown.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: String,
    /// The same with the code in it, for a QR code or the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// For how many seconds both codes are good.
    pub expires_in: i64,
    /// How many seconds to wait between polls; absent means [`DEFAULT_INTERVAL`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
}

/// The letters of user codes. §6.1: no vowels, so that no words come about, and letters alone, which any keyboard has.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many letters a user code has: 20^8 codes are more than 2^34.
const LENGTH: usize = 8;
/// The longest text that is looked at as a user code, in characters.
const LONGEST_TYPED: usize = 64;

/// A user code of ours in its normal form: eight capital letters. It prints as people see it: `WDJB-MJHT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserCode(String);

/// Text that is no user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has {LENGTH} letters, without vowels")]
pub struct NotAUserCode;

impl UserCode {
    /// A new one, each letter with the same chance.
    pub fn random(env: &Env) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            // 240 is the largest multiple of 20 that a byte holds: what is above would make some letters likelier.
            let letters = env.bytes::<16>().into_iter().filter(|byte| *byte < 240);
            let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
            code.extend(letters.map(|letter| char::from(*letter)).take(LENGTH - code.len()));
        }
        Self(code)
    }

    /// Reads what somebody typed: in any case, with whatever dashes, spaces and dots, with full-width letters. §6.1: the
    /// server "should ignore any characters like punctuation that are not in the user-code character set".
    pub fn parse(typed: &str) -> Result<Self, NotAUserCode> {
        if typed.chars().nth(LONGEST_TYPED).is_some() {
            return Err(NotAUserCode);
        }
        let letters: String =
            typed.chars().filter(|c| c.is_alphanumeric()).map(|c| narrow(c).to_ascii_uppercase()).collect();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|b| ALPHABET.contains(&b));
        if is_code { Ok(Self(letters)) } else { Err(NotAUserCode) }
    }

    /// The eight letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ASCII letter that a full-width one stands for.
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ (0xFF21..=0xFF3A | 0xFF41..=0xFF5A) => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

impl TryFrom<String> for UserCode {
    type Error = NotAUserCode;

    fn try_from(text: String) -> Result<Self, NotAUserCode> {
        Self::parse(&text)
    }
}

impl From<UserCode> for String {
    fn from(code: UserCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::env::{Clock, Rng, Time};

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Time {
            Time::from_unix(0)
        }
    }

    struct Always(u8);

    impl Rng for Always {
        fn fill(&self, buf: &mut [u8]) {
            buf.fill(self.0);
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = UserCode::parse("WDJBMJHT").expect("a code");
        for typed in [
            "WDJB-MJHT",
            "wdjb-mjht",
            " wdjb mjht ",
            "WdJbMjHt",
            "W D J B - M J H T",
            "wdjb\u{2013}mjht",
            "wdjb\u{2014}mjht",
            "wdjb\u{2010}mjht",
            "wdjb\u{2212}mjht",
            "wdjb\u{FF0D}mjht",
            "wdjb\u{AD}mjht",
            "\u{FEFF}wdjb\u{A0}mjht\u{200B}",
            "wdjb.mjht\r\n",
            "“WDJB_MJHT”",
            "ＷＤＪＢ－ＭＪＨＴ",
            "ｗｄｊｂ　ｍｊｈｔ",
        ] {
            assert_eq!(UserCode::parse(typed), Ok(code.clone()), "{typed:?}");
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        let long = "-".repeat(LONGEST_TYPED);
        for typed in
            ["", "-", "WDJB", "WDJB-MJHTX", "WDJB-MJHA", "WDJB-MJH1", "WDJB-MJHÉ", "ΩDJB-MJHT", "ßWDJBMJH"]
        {
            assert_eq!(UserCode::parse(typed), Err(NotAUserCode), "{typed:?}");
        }
        assert_eq!(UserCode::parse(&format!("WDJBMJHT{long}")), Err(NotAUserCode));
    }

    #[test]
    fn codes_are_drawn_from_the_alphabet_and_differ() {
        let env = Env::system();
        let codes: std::collections::HashSet<_> = (0..1000).map(|_| UserCode::random(&env)).collect();
        assert_eq!(codes.len(), 1000);
        let used: std::collections::BTreeSet<u8> = codes.iter().flat_map(|code| code.0.bytes()).collect();
        assert_eq!(used, ALPHABET.iter().copied().collect());
        assert!(codes.iter().all(|code| UserCode::parse(&code.to_string()) == Ok(code.clone())));
    }

    #[test]
    fn the_last_byte_that_counts_is_the_last_letter() {
        let env = Env::new(Arc::new(Still), Arc::new(Always(239)));
        assert_eq!(UserCode::random(&env).to_string(), "ZZZZ-ZZZZ");
    }

    #[test]
    fn an_answer_without_the_optional_members_is_read() {
        let json =
            r#"{"device_code":"d","user_code":"U","verification_uri":"https://a.example/d","expires_in":60}"#;
        let read: DeviceAuthorizationResponse = serde_json::from_str(json).expect("parses");
        assert!(read.interval.is_none() && read.verification_uri_complete.is_none());
        assert_eq!(serde_json::to_string(&read).expect("prints"), json);
    }

    #[test]
    fn a_request_names_its_scope_or_nothing() {
        let request = |scope: &str| DeviceAuthorizationRequest { scope: scope.parse().expect("a scope") };
        assert_eq!(request("openid email").to_form().encode(), "scope=openid+email");
        assert_eq!(DeviceAuthorizationRequest { scope: Scope::empty() }.to_form().encode(), "");
    }

    proptest! {
        #[test]
        fn any_text_is_a_code_or_none(typed in any::<String>()) {
            if let Ok(code) = UserCode::parse(&typed) {
                prop_assert_eq!(UserCode::parse(&code.to_string()), Ok(code));
            }
        }
    }
}
