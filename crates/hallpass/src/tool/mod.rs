//! Tools for whoever builds on an issuer, this one or any other: get a token, look into one, find out what is wrong.

pub(crate) mod doctor;
pub(crate) mod jwt;
mod loopback;
pub(crate) mod options;
pub(crate) mod token;

use std::sync::Arc;

use hallpass_client::provider::Provider;
use hallpass_client::transport::Hyper;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::secret::Secret;

/// The issuer at a URL, asked now.
async fn discover(url: &str) -> Result<Provider, String> {
    let issuer = Issuer::parse(url).map_err(|error| format!("{url:?} is no issuer: {error}"))?;
    let provider = Provider::builder(issuer, Arc::new(Hyper::new())).discover().await;
    provider.map_err(|error| told(&error))
}

/// An error with what to do about it.
fn told(error: &hallpass_client::Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\n  {hint}"),
        None => error.to_string(),
    }
}

/// One line of standard input, or what is typed where nobody can see it.
fn read_secret(prompt: &str) -> Result<Secret, String> {
    use std::io::IsTerminal as _;
    let cannot = |error: std::io::Error| format!("cannot read standard input: {error}");
    let mut line = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(prompt).map_err(cannot)?
    } else {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(cannot)?;
        line
    };
    line.truncate(line.trim_end().len());
    if line.is_empty() { Err("nothing came from standard input".to_owned()) } else { Ok(Secret::new(line)) }
}
