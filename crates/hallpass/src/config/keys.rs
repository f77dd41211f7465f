//! `[keys]`: how long keys last, and the master key that they are sealed under: from the environment, from a file, or
//! from a vault.

use std::time::Duration;

use hallpass_proto::secret::Secret;
use hallpass_server::config::Config;
use hallpass_server::keys::{MasterKey, MasterKeyError, MasterKeys};
use hallpass_server::outbound::{Door, DoorSettings};

use super::document::{Reading, Table, Text};
use super::secret::{held, secret};
use crate::vault::{Login, Vault, VaultError};

/// Where the master key comes from.
pub(crate) enum Master {
    /// There is none: private keys stand in the database as they are.
    None,
    /// The file says it, or where it is.
    Given {
        /// New keys are sealed under this one.
        seals: Secret,
        /// Keys that were sealed under these open as well.
        others: Vec<Secret>,
    },
    /// It is read at the start.
    Vault {
        vault: Box<Vault>,
        /// The field that holds the one that seals.
        field: String,
        /// Fields that hold others.
        other_fields: Vec<String>,
    },
}

/// Why there is no master key: one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoMasterKey {
    #[error("the master key cannot be read from the vault: {0}")]
    Vault(#[from] VaultError),
    #[error("the field {field:?} of {place} in the vault {source}")]
    Field { field: String, place: String, source: MasterKeyError },
    #[error("[keys] the master key {0}")]
    Given(#[from] MasterKeyError),
}

impl Master {
    /// Fetches it, if it has to be fetched.
    pub(crate) async fn keys(&self) -> Result<MasterKeys, NoMasterKey> {
        match self {
            Self::None => Ok(MasterKeys::none()),
            Self::Given { seals, others } => {
                let others: Result<_, _> = others.iter().map(MasterKey::parse).collect();
                Ok(MasterKeys::new(MasterKey::parse(seals)?, others?))
            }
            Self::Vault { vault, field, other_fields } => {
                let held = vault.read().await?;
                let key = |field: &String| -> Result<MasterKey, NoMasterKey> {
                    MasterKey::parse(&held.field(field)?).map_err(|source| NoMasterKey::Field {
                        field: field.clone(),
                        place: vault.place(),
                        source,
                    })
                };
                let others: Result<_, _> = other_fields.iter().map(key).collect();
                Ok(MasterKeys::new(key(field)?, others?))
            }
        }
    }

    /// In a few words, without anything secret.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::None => "none: private keys stand in the database as they are".to_owned(),
            Self::Given { seals, .. } => match MasterKey::parse(seals) {
                Ok(key) => format!("given, {}", key.id()),
                Err(_) => "given".to_owned(),
            },
            Self::Vault { vault, field, .. } => format!("the field {field:?} of {}", vault.place()),
        }
    }
}

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, server: &mut Config) -> Master {
    let Some(mut keys) = table.table(reading, "keys") else { return Master::None };
    read_schedule(reading, &mut keys, server);
    let vault = keys.table(reading, "vault").map(|vault| (vault.line, read_vault(reading, vault)));
    let line = keys.line;
    let seals = secret(&mut keys, reading, "master_key", "master_key_file");
    let mut others: Vec<(Secret, usize)> = Vec::new();
    for text in keys.texts(reading, "other_master_keys").unwrap_or_default() {
        others.push((Secret::new(text.value), text.line));
    }
    for file in keys.texts(reading, "other_master_key_files").unwrap_or_default() {
        others.extend(held(&keys, reading, "other_master_key_files", &file).map(|value| (value, file.line)));
    }
    let all = seals.iter().map(|s| (&s.value, s.line, "master_key"));
    for (value, line, key) in
        all.chain(others.iter().map(|(value, line)| (value, *line, "other_master_keys")))
    {
        if let Err(why) = MasterKey::parse(value) {
            keys.wrong(reading, line, key, &why.to_string());
        }
    }
    let master = match (seals, vault) {
        (Some(_), Some((line, _))) => {
            reading.wrong(line, "[keys.vault] and `master_key` are both given: keep one");
            Master::None
        }
        (None, Some((_, vault))) => vault.unwrap_or(Master::None),
        (Some(seals), None) => {
            Master::Given { seals: seals.value, others: others.into_iter().map(|(value, _)| value).collect() }
        }
        (None, None) => {
            if !others.is_empty() {
                reading
                    .wrong(line, "[keys] other master keys are given, and none to seal with: `master_key`");
            }
            Master::None
        }
    };
    keys.finish(reading);
    master
}

fn read_schedule(reading: &mut Reading, keys: &mut Table<'_>, server: &mut Config) {
    if let Some((seconds, line)) = keys.duration(reading, "jwks_max_age") {
        if seconds > 24 * 60 * 60 {
            keys.wrong(
                reading,
                line,
                "jwks_max_age",
                "is longer than a day: a key that was lost would live on in caches",
            );
        }
        server.jwks_max_age = seconds;
    }
    if let Some((seconds, line)) = keys.duration(reading, "publish_ahead") {
        if seconds < server.jwks_max_age {
            let why = "is shorter than jwks_max_age: caches would not have the key when it signs";
            keys.wrong(reading, line, "publish_ahead", why);
        }
        server.publish_keys_ahead = seconds;
    }
    if let Some((seconds, line)) = keys.duration(reading, "rotate_every") {
        if seconds != 0 && seconds <= server.publish_keys_ahead {
            let why = "must be longer than publish_ahead, or \"0s\": only by `hallpass key rotate`";
            keys.wrong(reading, line, "rotate_every", why);
        }
        server.rotate_keys_every = (seconds != 0).then_some(seconds);
    }
}

fn read_vault(reading: &mut Reading, mut vault: Table<'_>) -> Option<Master> {
    let before = reading.mistakes.len();
    let address = vault.required(reading, "address", "such as address = \"https://vault.example.com:8200\"");
    let path = vault.required(reading, "path", "where the secret is, such as path = \"hallpass\"");
    let text = |reading: &mut Reading, vault: &mut Table<'_>, key, otherwise: &str| {
        vault.text(reading, key).map_or_else(|| otherwise.to_owned(), |text| text.value)
    };
    let mount = text(reading, &mut vault, "mount", "secret");
    let field = text(reading, &mut vault, "field", "master_key");
    let namespace = vault.text(reading, "namespace").map(|text| text.value);
    let other_fields = vault.texts(reading, "other_fields").unwrap_or_default();
    let patience = vault.duration(reading, "patience").map_or(30, |(seconds, _)| seconds);
    let ca_file = vault.text(reading, "ca_file");
    let certificates = ca_file.and_then(|file| read_certificates(reading, &vault, &file)).unwrap_or_default();
    let login = read_login(reading, &mut vault);
    let (address, path) = (address?, path?);
    let made = Vault::at(&address.value, &mount, &path.value);
    if let Err(why) = &made {
        vault.wrong(reading, address.line, "address", why);
    }
    vault.finish(reading);
    let (mut made, login) = (made.ok()?, login?);
    made.namespace = namespace;
    made.login = login;
    made.certificates = certificates;
    made.patience = Duration::from_secs(u64::try_from(patience).unwrap_or_default());
    let other_fields = other_fields.into_iter().map(|text| text.value).collect();
    (reading.mistakes.len() == before).then(|| Master::Vault { vault: Box::new(made), field, other_fields })
}

fn read_certificates(reading: &mut Reading, vault: &Table<'_>, file: &Text) -> Option<Vec<u8>> {
    let path = reading.path(file);
    let read = std::fs::read(&path).map_err(|error| format!("cannot be read: {}: {error}", path.display()));
    let usable = read.and_then(|certificates| {
        if certificates.is_empty() {
            return Err(format!("is empty: {}", path.display()));
        }
        let settings = DoorSettings { certificates, ..DoorSettings::default() };
        let why = Door::new(settings.clone()).map(drop);
        why.map_err(|why| format!("cannot be used: {}: {why}", path.display()))?;
        Ok(settings.certificates)
    });
    usable.map_err(|why| vault.wrong(reading, file.line, "ca_file", &why)).ok()
}

fn read_login(reading: &mut Reading, vault: &mut Table<'_>) -> Option<Login> {
    let token = secret(vault, reading, "token", "token_file");
    let role_id = vault.text(reading, "role_id");
    let secret_id = secret(vault, reading, "secret_id", "secret_id_file");
    match (token, role_id, secret_id) {
        (Some(token), None, None) => Some(Login::Token(token.value)),
        (None, Some(role), Some(secret)) => {
            Some(Login::AppRole { role_id: role.value, secret_id: secret.value })
        }
        (Some(_) | None, _, _) => {
            let why = "[keys.vault] needs either `token` (or `token_file`), or `role_id` with `secret_id` (or `secret_id_file`)";
            reading.wrong(vault.line, why);
            None
        }
    }
}
