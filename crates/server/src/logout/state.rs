//! What a client's page can watch — OpenID Connect Session Management 1.0 §2, §3.
//!
//! The browser state is a value that changes at sign-in and at sign-out. A cookie holds it, which scripts of ours may
//! read and which is no secret: it follows from the session's digest, and nothing follows from it. `session_state` ties
//! it to a client and its origin, and the frame of §3.3 finds out whether they still belong together.

use url::{Origin, Url};

use hallpass_proto::secret::Digest;

use crate::core::Core;

/// The script of the frame, to be allowed by its hash there alone. Where the browser keeps this page's cookies from it,
/// since it stands in a page of another site, nothing can be said, and a client that believed `changed` would never
/// come to rest.
const SCRIPT: &str = r#"addEventListener("message", async (event) => {
  const check = async () => {
    const text = typeof event.data === "string" ? event.data : "";
    const cut = text.lastIndexOf(" ");
    const given = text.slice(cut + 1);
    const salt = given.split(".")[1];
    if (cut < 1 || !salt || !crypto.subtle) return "error";
    const name = document.documentElement.dataset.cookie + "=";
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(name));
    if (!cookie && document.hasStorageAccess && !(await document.hasStorageAccess())) return "error";
    const state = cookie ? cookie.slice(name.length) : "";
    const input = [text.slice(0, cut), event.origin, state, salt].join(" ");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(input)));
    const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex + "." + salt === given ? "unchanged" : "changed";
  };
  if (event.source && event.origin !== "null") event.source.postMessage(await check(), event.origin);
});"#;

/// The frame's page and its one script.
pub(crate) struct Frame {
    pub(crate) html: String,
    pub(crate) script: &'static str,
}

/// The page of §3.3, with the name of the cookie that it reads.
pub(crate) fn frame(cookie: &str) -> Frame {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\" data-cookie=\"{cookie}\">\n<meta charset=\"utf-8\">\n\
         <title>Session</title>\n<script>{SCRIPT}</script>\n</html>\n"
    );
    Frame { html, script: SCRIPT }
}

/// The state of a browser with this session.
pub(crate) fn of_browser(core: &Core, session: Digest) -> String {
    core.keyring.sealer.derive("browser state", &[&session.to_base64url()]).expose().clone()
}

/// `session_state` for a client that is answered at a redirect URI; none for an app, which has no origin and no frame.
pub(crate) fn session_state(
    core: &Core,
    client_id: &str,
    redirect_uri: &str,
    session: Digest,
) -> Option<String> {
    let origin = Url::parse(redirect_uri).ok().map(|url| url.origin())?;
    if !matches!(origin, Origin::Tuple(..)) {
        return None;
    }
    let (origin, state, salt) = (origin.ascii_serialization(), of_browser(core, session), core.env.id());
    let hash = Digest::of(format!("{client_id} {origin} {state} {salt}").as_bytes());
    let hex: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{hex}.{salt}"))
}
