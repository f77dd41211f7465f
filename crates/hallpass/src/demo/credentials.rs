//! How the demo's web app gets its credentials: from the environment or from files, as any deployed app would.
//!
//! The first start puts each secret into a file of its own under `app-secrets` in the data directory, for its owner
//! alone. `DEMO_WEB_SECRET` or `DEMO_WEB_SECRET_FILE` (and so on for the other clients) stand before these files.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hallpass_client::config;
use hallpass_client::error::ConfigError;
use hallpass_proto::env::Env;
use hallpass_proto::secret::Secret;

use super::app::Credential;
use super::seed::{CLIENTS, DemoClient};

/// What seals the app's cookies.
const SESSION_KEY: &str = "demo-session-key";

/// The folder with the secrets of the web app.
pub(crate) struct Credentials {
    folder: PathBuf,
}

/// A secret cannot be put where the app reads it.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the secret file {}: {source}", path.display())]
pub(crate) struct CannotWrite {
    path: PathBuf,
    source: io::Error,
}

impl Credentials {
    /// Puts the secrets that are missing into files.
    pub(crate) fn prepare(data: &Path, env: &Env) -> Result<Self, CannotWrite> {
        let folder = data.join("app-secrets");
        let secrets = CLIENTS.iter().filter_map(|c| Some((c.client_id, Secret::from(c.secret?))));
        for (name, secret) in secrets.chain([(SESSION_KEY, env.token())]) {
            let path = folder.join(name);
            write_once(&path, &secret).map_err(|source| CannotWrite { path, source })?;
        }
        Ok(Self { folder })
    }

    /// The credentials of one client.
    pub(crate) fn of(&self, client: &DemoClient) -> Result<Credential, ConfigError> {
        let secret = self.read(client.client_id, "_SECRET")?;
        Ok(Credential { client_id: client.client_id.to_owned(), secret })
    }

    /// What seals the app's cookies.
    pub(crate) fn session_key(&self) -> Result<Secret, ConfigError> {
        self.read(SESSION_KEY, "")
    }

    fn read(&self, name: &str, suffix: &str) -> Result<Secret, ConfigError> {
        let variable = format!("{}{suffix}", name.to_uppercase().replace('-', "_"));
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        config::secret(&variable, &|asked| {
            let default = || (asked != variable && set(&variable).is_none()).then(|| self.path(name));
            set(asked).or_else(default)
        })
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// Writes a file that only its owner may read; one that is there stays as it is.
fn write_once(path: &Path, secret: &Secret) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(secret.expose().as_bytes())
}
