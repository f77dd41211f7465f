//! What the caller wants to see — RFC 9110 §12.5.1 (`Accept`), and Fetch Metadata (`Sec-Fetch-*`).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// Whether a page is the right answer: only for a caller that names HTML and does not prefer JSON. A bare `*/*` is
/// a program's.
pub fn wants_html(headers: &HeaderMap) -> bool {
    let (mut html, mut json) = (0.0, 0.0);
    for value in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for range in value.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
            let q = parts
                .find_map(|p| p.strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            match media_type.as_str() {
                "text/html" | "application/xhtml+xml" => html = f32::max(html, q),
                "application/json" => json = f32::max(json, q),
                _ => {}
            }
        }
    }
    html > 0.0 && html >= json
}

/// Whether the browser is going somewhere, as opposed to a script that fetches.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    match text(headers, "sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => wants_html(headers),
    }
}

/// Whether the browser only looks ahead: nothing may happen.
pub(crate) fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"]
        .into_iter()
        .any(|name| text(headers, name).is_some_and(|v| v.contains("prefetch")))
}

/// Whether a form was sent from a page of this origin.
pub(crate) fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    match (text(headers, "sec-fetch-site"), text(headers, "origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(from)) => from == origin,
        (None, None) => false,
    }
}

/// Whether a link was followed within this origin, or the address typed.
pub(crate) fn is_own_navigation(headers: &HeaderMap) -> bool {
    matches!(text(headers, "sec-fetch-site"), Some("same-origin" | "none"))
        && text(headers, "sec-fetch-mode") == Some("navigate")
        && !is_prefetch(headers)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn html_is_for_browsers() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("application/json, text/html;q=0.5", false),
            ("application/json;q=0.5, text/html", true),
            ("application/json", false),
            ("*/*", false),
            ("", false),
            ("text/html;q=0", false),
            ("text/html;q=x", false),
        ] {
            assert_eq!(wants_html(&headers(&[("accept", accept)])), html, "{accept}");
        }
    }

    #[test]
    fn only_the_own_pages_send_forms() {
        let own = "http://localhost:8000";
        for (pairs, same) in [
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")][..], true),
            (&[("sec-fetch-site", "same-site"), ("origin", own)], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", own)], true),
            (&[("origin", "http://localhost:8001")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs), own), same, "{pairs:?}");
        }
    }
}
