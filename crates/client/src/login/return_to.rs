//! Where a person goes after signing in: a path of this program, never another site (open redirect, CWE-601).

use hallpass_proto::param::decode;

/// The longest path that is remembered: it travels in a cookie.
const MAX_LENGTH: usize = 512;

/// The path, if it stays on this origin whichever way a browser reads it; `home` otherwise.
///
/// Browsers drop tabs and line breaks and take `\` for `/`, also when somebody in between decodes them first. So
/// none of these may stand in the path, plain or encoded.
pub(crate) fn checked(path: Option<&str>, home: &str) -> String {
    path.filter(|path| stays_here(path)).unwrap_or(home).to_owned()
}

fn stays_here(path: &str) -> bool {
    if path.len() > MAX_LENGTH || !path.bytes().all(|b| matches!(b, b'!'..=b'~') && b != b'\\') {
        return false;
    }
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let Ok(decoded) = decode(before_query.as_bytes()) else { return false };
    let own = |path: &str| path.starts_with('/') && !path.starts_with("//");
    own(path) && own(&decoded) && !decoded.contains(|c: char| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// security.md 66.
    #[test]
    fn what_leads_elsewhere_leads_home() {
        for path in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%09/evil.example",
            "/%0a/evil.example",
            "/\t/evil.example",
            "/x\r\nLocation: https://evil.example",
            "/%0d%0aX: y",
            "/%5cevil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "https:evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil.example",
            "/%zz",
            " /x",
            "/ü",
        ] {
            assert_eq!(checked(Some(path), "/"), "/", "{path:?}");
        }
        assert_eq!(checked(Some(&format!("/{}", "x".repeat(600))), "/home"), "/home");
        assert_eq!(checked(None, "/home"), "/home");
    }

    #[test]
    fn own_paths_are_kept() {
        for path in ["/", "/items?page=2&q=a%20b", "/a//b", "/a/%C3%BC", "/x#y", "/x?u=https://other.example"]
        {
            assert_eq!(checked(Some(path), "/home"), path);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_kept_resolves_to_this_origin(path in "[/\\\\%\t\n a-z0-9.:@?#-]{0,30}") {
            let base = url::Url::parse("https://app.example/x").expect("a URL");
            let target = base.join(&checked(Some(&path), "/")).expect("resolves");
            prop_assert_eq!(target.origin(), base.origin());
        }
    }
}
