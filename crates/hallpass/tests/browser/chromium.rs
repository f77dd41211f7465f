//! What WebDriver alone cannot do: how Chromium is started, its console, and the DevTools protocol.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::places::Places;

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    Allowed,
    Blocked,
}

/// Nothing of it phones home, and it runs as root in a container too: the only pages it sees are ours.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--lang=en-GB",
    "--window-size=1280,800",
];

/// A fresh browser with a profile of its own.
pub(crate) async fn start(places: &Places, scripts: Scripts) -> Client {
    let mut preferences = json!({
        "credentials_enable_service": false,
        "profile.password_manager_enabled": false,
        "profile.password_manager_leak_detection": false,
    });
    if scripts == Scripts::Blocked {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut options = json!({ "args": ARGUMENTS, "prefs": preferences });
    if let Some(program) = &places.chromium {
        options["binary"] = json!(program);
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(&places.webdriver).await.expect("ChromeDriver starts a browser")
}

/// A command that only ChromeDriver has.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// A command of the DevTools protocol.
pub(crate) async fn devtools(client: &Client, method: &str, parameters: Value) -> Result<Value, CmdError> {
    let body = json!({ "cmd": method, "params": parameters });
    client.issue_cmd(Command { path: "goog/cdp/execute", body }).await
}

/// The warnings and errors in the console since it was last read: of scripts, of policies, of the network.
pub(crate) async fn complaints(client: &Client) -> Result<Vec<String>, CmdError> {
    let lines = client.issue_cmd(Command { path: "se/log", body: json!({ "type": "browser" }) }).await?;
    let lines = lines.as_array().cloned().unwrap_or_default();
    let complaints = lines.iter().filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG");
    Ok(complaints.map(|line| format!("{}: {}", line["source"], line["message"])).collect())
}

/// The size of the window, as a page sees it.
#[derive(Clone, Copy)]
pub(crate) struct Viewport {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Makes the window this large; a browser without a head has no smallest width.
pub(crate) async fn resize(client: &Client, viewport: Viewport) -> Result<(), CmdError> {
    let Viewport { width, height } = viewport;
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    devtools(client, "Emulation.setDeviceMetricsOverride", metrics).await.map(drop)
}

/// Prefers `light` or `dark`, and no motion: a picture in the middle of one shows neither.
pub(crate) async fn prefer_scheme(client: &Client, scheme: &str) -> Result<(), CmdError> {
    let features = json!([
        { "name": "prefers-color-scheme", "value": scheme },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ]);
    devtools(client, "Emulation.setEmulatedMedia", json!({ "features": features })).await.map(drop)
}

/// The whole page as a PNG, at least as high as the window.
pub(crate) async fn picture(client: &Client, viewport: Viewport) -> Result<Vec<u8>, CmdError> {
    let metrics = devtools(client, "Page.getLayoutMetrics", json!({})).await?;
    let height =
        metrics["cssContentSize"]["height"].as_f64().unwrap_or_default().max(f64::from(viewport.height));
    let clip = json!({ "x": 0, "y": 0, "width": viewport.width, "height": height, "scale": 1 });
    let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let captured = devtools(client, "Page.captureScreenshot", wanted).await?;
    let data = captured["data"].as_str().unwrap_or_default();
    Ok(STANDARD.decode(data).expect("a picture is base64"))
}
