//! The two pages, and what they may do — CSP Level 3.

use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use super::{Docs, Place, relay};

/// Where the issuer sends the browser back to, below the page.
pub(super) const REDIRECT: &str = "/oauth2-redirect";

/// Scripts and styles are files of this program; nothing inline runs or paints, which Swagger UI does without: it
/// sets styles through the DOM, and that is not inline. Its icons are `data:` images in its stylesheet. Requests go
/// to the API's own origin, which includes the relay; the only way to the issuer is a window that opens there.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn html(text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // The address of the page after a sign-in has a code in it.
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A window that this page opens must be able to come back to it; others have nothing to do with it.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
    ];
    (headers, text).into_response()
}

/// The page itself. Its settings are in attributes, which no policy has to allow.
pub(super) fn page(docs: &Docs, place: &Place) -> String {
    let root = place.public_url.path();
    let base = format!("{root}{}", docs.path);
    let scopes = match &docs.scopes {
        Some(scopes) => scopes.join(" "),
        None => place.scopes.join(" "),
    };
    let issuer = place.provider.as_ref().map_or("", |provider| provider.issuer().as_str());
    let main = format!(
        "<main id=\"swagger-ui\" data-openapi=\"{openapi}\" data-redirect=\"{redirect}\" data-relay=\"{relay}\" \
         data-issuer=\"{issuer}\" data-client=\"{client}\" data-scopes=\"{scopes}\"></main>\n\
         <noscript><p>This page needs JavaScript. What it shows is in <a href=\"{openapi}\">{openapi}</a>.</p></noscript>\n\
         <script src=\"{base}/swagger-ui-bundle.js\"></script>\n<script src=\"{base}/docs.js\"></script>",
        openapi = escape(&format!("{root}{}", place.openapi)),
        redirect = escape(&format!("{}{}{REDIRECT}", place.public_url.as_str(), docs.path)),
        relay = escape(&format!("{base}{}", relay::PATH)),
        issuer = escape(issuer),
        client = escape(docs.client_id.as_deref().unwrap_or_default()),
        scopes = escape(&scopes),
        base = escape(&base),
    );
    layout(&place.title, &escape(&base), &main)
}

/// Where the code flow ends: it hands the answer over, and says what to do when it cannot close itself.
pub(super) fn redirect(docs: &Docs, place: &Place) -> String {
    let base = escape(&format!("{}{}", place.public_url.path(), docs.path));
    let main = format!(
        "<main class=\"handed-over\"><h1>Almost there</h1>\n\
         <p id=\"state\" role=\"status\">Handing the answer over to the page that asked for it…</p></main>\n\
         <noscript><p>This page needs JavaScript.</p></noscript>\n<script src=\"{base}/redirect.js\"></script>"
    );
    layout(&place.title, &base, &main)
}

fn layout(title: &str, base: &str, main: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{base}/swagger-ui.css\">\n\
         <link rel=\"stylesheet\" href=\"{base}/docs.css\">\n</head>\n<body>\n{main}\n</body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
