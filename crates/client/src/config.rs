//! Settings from the environment: `X`, or `X_FILE` for the path of a file that holds it.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::secret::Secret;

use crate::client::Client;
use crate::error::ConfigError;
use crate::provider::Provider;

/// What a web app with a sign-in has to know. Secrets come from the environment or from files, never from code.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ISSUER`: the authorization server, exactly as it names itself.
    pub issuer: Issuer,
    /// `CLIENT_ID`.
    pub client_id: String,
    /// `CLIENT_SECRET` or `CLIENT_SECRET_FILE`.
    pub client_secret: Secret,
    /// `CLIENT_AUTH_METHOD`: how the client authenticates. Left out, the server's metadata decides.
    pub auth_method: Option<AuthMethod>,
    /// `PUBLIC_URL`: where people reach this program. Every URL it gives away starts with it.
    pub public_url: String,
    /// `SESSION_KEY` or `SESSION_KEY_FILE`: at least 32 characters that seal the cookies.
    pub session_key: Secret,
}

impl Config {
    /// Reads the environment; every name starts with `prefix`, such as `APP_`.
    ///
    /// # Errors
    /// Names the variable that is missing, set twice, or of no use.
    pub fn from_env(prefix: &str) -> Result<Self, ConfigError> {
        Self::from_lookup(prefix, &|name| std::env::var(name).ok())
    }

    /// As [`Config::from_env`], from any source of variables.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_lookup(prefix: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let plain = |name: &str| {
            let variable = format!("{prefix}{name}");
            lookup(&variable).filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(variable))
        };
        let auth_method = plain("CLIENT_AUTH_METHOD").ok().map(|text| text.parse::<AuthMethod>()).transpose();
        Ok(Self {
            issuer: Issuer::parse(&plain("ISSUER")?)?,
            client_id: plain("CLIENT_ID")?,
            client_secret: secret(&format!("{prefix}CLIENT_SECRET"), lookup)?,
            auth_method: auth_method.map_err(|error| ConfigError::Invalid {
                variable: format!("{prefix}CLIENT_AUTH_METHOD"),
                reason: error.to_string(),
            })?,
            public_url: plain("PUBLIC_URL")?,
            session_key: secret(&format!("{prefix}SESSION_KEY"), lookup)?,
        })
    }
}

impl Config {
    /// The client that these settings are of.
    ///
    /// # Errors
    /// When they do not go together.
    pub fn client(&self, provider: &Provider) -> Result<Client, ConfigError> {
        let builder = Client::builder(provider, &self.client_id).secret(self.client_secret.clone());
        match self.auth_method {
            Some(method) => builder.auth_method(method).build(),
            None => builder.build(),
        }
    }
}

/// A secret from `variable`, or from the file that `variable_FILE` names. One line break at the end of the file
/// does not count: editors put it there.
///
/// # Errors
/// When neither is set, or both are, or the file cannot be read.
pub fn secret(variable: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Secret, ConfigError> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    let path_variable = format!("{variable}_FILE");
    match (set(variable), set(&path_variable)) {
        (Some(_), Some(_)) => Err(ConfigError::Both(variable.to_owned())),
        (None, None) => Err(ConfigError::MissingSecret(variable.to_owned())),
        (Some(value), None) => Ok(value.into()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::File {
                variable: path_variable.clone(),
                path: path.clone(),
                reason: error.to_string(),
            })?;
            let text = Secret::new(text);
            let trimmed = text.expose().strip_suffix('\n').unwrap_or(text.expose());
            let trimmed = trimmed.strip_suffix('\r').unwrap_or(trimmed);
            if trimmed.is_empty() {
                return Err(ConfigError::Invalid {
                    variable: path_variable,
                    reason: format!("{path} is empty"),
                });
            }
            Ok(trimmed.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 5] = [
        ("APP_ISSUER", "http://localhost:9000"),
        ("APP_CLIENT_ID", "app"),
        ("APP_CLIENT_SECRET", "s"),
        ("APP_PUBLIC_URL", "http://localhost:8000"),
        ("APP_SESSION_KEY", "0123456789abcdef0123456789abcdef"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup("APP_", &|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_missing_variable_is_named() {
        for (missing, _) in COMPLETE {
            let rest: Vec<_> = COMPLETE.into_iter().filter(|(name, _)| *name != missing).collect();
            let error = read(&rest).expect_err("incomplete").to_string();
            assert!(error.contains(missing), "{missing}: {error}");
        }
        assert!(read(&COMPLETE).is_ok());
    }

    #[test]
    fn an_unknown_authentication_method_is_named() {
        let mut odd = COMPLETE.to_vec();
        odd.push(("APP_CLIENT_AUTH_METHOD", "carrier_pigeon"));
        let error = read(&odd).expect_err("unknown").to_string();
        assert!(error.contains("APP_CLIENT_AUTH_METHOD") && error.contains("carrier_pigeon"), "{error}");
        odd[5].1 = "client_secret_post";
        assert_eq!(read(&odd).expect("known").auth_method, Some(AuthMethod::ClientSecretPost));
    }

    #[test]
    fn a_secret_comes_from_one_place() {
        let mut both = COMPLETE.to_vec();
        both.push(("APP_CLIENT_SECRET_FILE", "/nowhere"));
        assert_eq!(read(&both).expect_err("two"), ConfigError::Both("APP_CLIENT_SECRET".into()));
        let absent = secret("S", &|name| (name == "S_FILE").then(|| "/nowhere/at/all".to_owned()));
        let error = absent.expect_err("no file").to_string();
        assert!(error.contains("S_FILE") && error.contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn the_line_break_at_the_end_of_a_file_does_not_count() {
        let path = std::env::temp_dir().join(format!("hallpass-client-secret-{}", std::process::id()));
        for (content, expected) in
            [("canary\n", "canary"), ("canary\r\n", "canary"), ("canary", "canary"), (" c\n\n", " c\n")]
        {
            std::fs::write(&path, content).expect("writes");
            let read = secret("S", &|name| (name == "S_FILE").then(|| path.display().to_string()));
            assert_eq!(read.expect("reads"), expected.into(), "{content:?}");
        }
        std::fs::write(&path, "\n").expect("writes");
        let empty = secret("S", &|name| (name == "S_FILE").then(|| path.display().to_string()));
        assert!(matches!(empty, Err(ConfigError::Invalid { variable, .. }) if variable == "S_FILE"));
        std::fs::remove_file(&path).expect("removes");
    }
}
