//! What the tools are told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct JwtOptions {
    /// The token. Left out, it is read from standard input: a command line is seen by every program of the machine.
    pub(crate) token: Option<String>,
    /// Verify it with the keys of this issuer, and check `iss`, `exp` and `nbf`.
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    pub(crate) issuer: Option<String>,
    /// Verify it with the keys of a JWK Set in a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: Option<PathBuf>,
    /// What `aud` must hold.
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,
}

#[derive(Args)]
pub(crate) struct TokenOptions {
    /// The issuer.
    #[arg(long, value_name = "URL", env = "HALLPASS_ISSUER")]
    pub(crate) issuer: String,
    /// The client.
    #[arg(long, value_name = "ID", env = "HALLPASS_CLIENT_ID")]
    pub(crate) client_id: String,
    /// A file with the client's secret. Without it, HALLPASS_CLIENT_SECRET may hold it; without both, the client is a
    /// public one.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// How the client authenticates: client_secret_basic, client_secret_post. Left out, as the issuer's metadata say.
    #[arg(long, value_name = "METHOD")]
    pub(crate) auth_method: Option<String>,
    /// How the token is got.
    #[arg(long, value_enum, default_value_t = Flow::Browser)]
    pub(crate) flow: Flow,
    /// What it is to allow.
    #[arg(long, default_value = "")]
    pub(crate) scope: String,
    /// The port of http://127.0.0.1:PORT/callback, for an issuer that compares it. Left out, any that is free (RFC 8252
    /// section 7.3).
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// Print the address for the browser, and open none.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Who signs in, for the password flow. The password is asked for, or read from standard input.
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Show::Json)]
    pub(crate) show: Show,
}

/// A way to a token.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flow {
    /// A browser on this machine (RFC 8252), with PKCE.
    Browser,
    /// A code that is entered in a browser on any machine (RFC 8628).
    Device,
    /// The client for itself.
    ClientCredentials,
    /// A refresh token from standard input.
    Refresh,
    /// Name and password. RFC 9700 forbids it to new systems.
    Password,
}

/// What is printed of a token response.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// Everything, as JSON.
    Json,
    /// The access token alone, for a script: `curl -H "Authorization: Bearer $(hallpass token …)"`.
    AccessToken,
}

#[derive(Args)]
pub(crate) struct DoctorOptions {
    /// An issuer, an app with /login, or an API with RFC 9728 metadata.
    pub(crate) url: String,
}
