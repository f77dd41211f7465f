//! Bearer tokens — RFC 6750: how a token is presented, and how a resource server says no.

use std::fmt;

use crate::error::ErrorCode;
use crate::scope::Scope;
use crate::secret::Secret;

/// Why the `Authorization` header does not hold one bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// There is no header, or it is of another scheme: nothing was presented.
    #[error("no bearer token was presented")]
    Absent,
    /// The scheme is there, but no `b64token` behind it (§2.1).
    #[error("the Authorization header holds no well-formed bearer token")]
    Malformed,
}

/// Reads `Authorization: Bearer …`. The scheme is matched in any case (RFC 9110 §11.1).
pub fn parse_authorization(header: Option<&str>) -> Result<Secret, BearerError> {
    let header = header.ok_or(BearerError::Absent)?;
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BearerError::Absent);
    }
    let token = token.trim_matches(' ');
    let body = token.trim_end_matches('=');
    let b64token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b);
    if body.is_empty() || !body.bytes().all(b64token) {
        return Err(BearerError::Malformed);
    }
    Ok(token.into())
}

/// The value of a `WWW-Authenticate` header of scheme `Bearer` (§3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// What is protected, in words.
    pub realm: Option<String>,
    /// Absent when nothing was presented (§3.1: then the answer "SHOULD NOT include an error code").
    pub error: Option<ErrorCode>,
    /// A sentence for the developer.
    pub error_description: Option<String>,
    /// The scope that is needed.
    pub scope: Option<Scope>,
    /// Where the resource describes itself (RFC 9728 §5.1).
    pub resource_metadata: Option<String>,
    /// How well the person must be authenticated, the preferred value first (RFC 9470 §3).
    pub acr_values: Vec<String>,
    /// How many seconds ago the person may have signed in, at most (RFC 9470 §3).
    pub max_age: Option<u32>,
}

impl Challenge {
    /// The HTTP status that goes with it.
    pub fn status(&self) -> u16 {
        self.error.as_ref().map_or(401, ErrorCode::status)
    }

    /// Reads a header value that starts with `Bearer`. Unknown parameters are passed over.
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, mut rest) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut challenge = Self::default();
        loop {
            rest = rest.trim_start_matches([' ', ',']);
            if rest.is_empty() {
                return Some(challenge);
            }
            let (name, behind) = rest.split_once('=')?;
            let (value, behind) = quoted_or_token(behind)?;
            rest = behind;
            match name.trim().to_ascii_lowercase().as_str() {
                "realm" => challenge.realm = Some(value),
                "error" => challenge.error = value.parse().ok(),
                "error_description" => challenge.error_description = Some(value),
                "scope" => challenge.scope = value.parse().ok(),
                "resource_metadata" => challenge.resource_metadata = Some(value),
                "acr_values" => challenge.acr_values = value.split(' ').map(str::to_owned).collect(),
                "max_age" => challenge.max_age = value.parse().ok(),
                _ => {}
            }
        }
    }
}

fn quoted_or_token(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            other => value.push(other),
        }
    }
    None
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        let scope = self.scope.as_ref().map(Scope::to_string);
        let acr_values = (!self.acr_values.is_empty()).then(|| self.acr_values.join(" "));
        let max_age = self.max_age.map(|seconds| seconds.to_string());
        let params = [
            ("realm", self.realm.as_deref()),
            ("error", self.error.as_ref().map(ErrorCode::as_str)),
            ("error_description", self.error_description.as_deref()),
            ("scope", scope.as_deref()),
            ("resource_metadata", self.resource_metadata.as_deref()),
            ("acr_values", acr_values.as_deref()),
            ("max_age", max_age.as_deref()),
        ];
        let mut separator = " ";
        for (name, value) in params {
            let Some(value) = value else { continue };
            write!(f, "{separator}{name}=\"")?;
            for c in value.chars() {
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    ' '..='~' => write!(f, "{c}")?,
                    _ => f.write_str("?")?,
                }
            }
            f.write_str("\"")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn presenting_a_token() {
        assert_eq!(parse_authorization(None), Err(BearerError::Absent));
        assert_eq!(parse_authorization(Some("Basic abc")), Err(BearerError::Absent));
        for header in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer ä", "Bearer ="] {
            assert_eq!(parse_authorization(Some(header)), Err(BearerError::Malformed), "{header}");
        }
        for header in ["Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER  a.b-c_d~e+f/g=="] {
            assert_eq!(parse_authorization(Some(header)), Ok("a.b-c_d~e+f/g==".into()), "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_challenge_is_read_back(
            realm in proptest::option::of("[ -~]{0,20}"),
            description in proptest::option::of("[ -~]{0,20}"),
            acr_values in proptest::collection::vec("[!-~]{1,9}", 0..3),
            max_age in proptest::option::of(0..u32::MAX),
        ) {
            let challenge = Challenge {
                realm,
                error: Some(ErrorCode::InsufficientScope),
                error_description: description,
                scope: "a b".parse().ok(),
                resource_metadata: None,
                acr_values,
                max_age,
            };
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Some(challenge));
        }

        #[test]
        fn any_text_is_read_or_passed_over(text in "\\PC{0,80}") {
            let _ = Challenge::parse(&text);
            let _ = Challenge::parse(&format!("Bearer {text}"));
            let _ = parse_authorization(Some(&text));
        }
    }
}
