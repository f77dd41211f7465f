//! The two pages that the login engine shows. A program can put its own in their place.

/// Something went wrong.
pub struct Problem<'a> {
    /// What happened, in a few words.
    pub title: &'a str,
    /// What it means, in a sentence or two.
    pub message: &'a str,
    /// The `error` of the issuer, when it sent one.
    pub code: Option<&'a str>,
    /// Where to try again.
    pub retry: &'a str,
    /// The way back.
    pub home: &'a str,
}

/// Asks whether to sign out. The form posts to `action`, with no fields.
pub struct SignOut<'a> {
    /// Where the form goes.
    pub action: &'a str,
    /// The way back.
    pub home: &'a str,
}

/// Writes whole HTML documents. Everything in a view must be escaped: some of it came from outside.
///
/// The pages are sent with a content security policy that allows a stylesheet and images of this origin, and
/// nothing else: no script, no inline style.
pub trait LoginPages: Send + Sync {
    /// Something went wrong.
    fn problem(&self, view: &Problem<'_>) -> String;
    /// Asks whether to sign out.
    fn sign_out(&self, view: &SignOut<'_>) -> String;
}

/// Pages without any styling.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainPages;

impl LoginPages for PlainPages {
    fn problem(&self, view: &Problem<'_>) -> String {
        let code = view
            .code
            .map(|code| format!("<p>The authorization server said <code>{}</code>.</p>", escaped(code)));
        document(
            view.title,
            &format!(
                "<p role=\"alert\">{}</p>{}<p><a href=\"{}\">Try again</a></p><p><a href=\"{}\">Back to the start</a></p>",
                escaped(view.message),
                code.unwrap_or_default(),
                escaped(view.retry),
                escaped(view.home),
            ),
        )
    }

    fn sign_out(&self, view: &SignOut<'_>) -> String {
        document(
            "Sign out?",
            &format!(
                "<form method=\"post\" action=\"{}\"><button>Sign out</button></form><p><a href=\"{}\">Stay signed in</a></p>",
                escaped(view.action),
                escaped(view.home),
            ),
        )
    }
}

fn document(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let hostile = "\"'><script>alert(1)</script>";
        let view =
            Problem { title: hostile, message: hostile, code: Some(hostile), retry: hostile, home: hostile };
        let pages =
            [PlainPages.problem(&view), PlainPages.sign_out(&SignOut { action: hostile, home: hostile })];
        for page in pages {
            assert!(!page.contains("<script") && !page.contains("\"'>"), "{page}");
        }
    }
}
