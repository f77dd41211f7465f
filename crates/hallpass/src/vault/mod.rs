//! A secret of HashiCorp Vault or OpenBao: version 2 of the key/value engine, over its HTTP API.
//!
//! `GET /v1/{mount}/data/{path}` with the token in `X-Vault-Token`; the fields are in `data.data` of the answer. By AppRole,
//! `POST /v1/auth/approle/login` gives the token first.

use std::fmt;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, Response, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use hallpass_proto::secret::Secret;
use hallpass_server::outbound::{Allowed, Door, DoorSettings, Outbound as _, OutboundError};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How large an answer may be, in bytes.
const MOST: usize = 256 * 1024;
/// How long to wait after the first failure, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];

/// A place in a vault.
pub(crate) struct Vault {
    /// Scheme, host and port.
    address: String,
    /// Who may be asked: this host alone.
    host: Allowed,
    mount: String,
    path: String,
    /// Of Vault Enterprise and OpenBao.
    pub(crate) namespace: Option<String>,
    pub(crate) login: Login,
    /// Trusted beside those of the machine, in PEM.
    pub(crate) certificates: Vec<u8>,
    /// How long a vault that cannot be reached, or is sealed, is asked again.
    pub(crate) patience: Duration,
}

/// By what a vault knows us.
pub(crate) enum Login {
    /// A token.
    Token(Secret),
    /// The AppRole method at its usual place.
    AppRole { role_id: String, secret_id: Secret },
}

/// Why there is no secret. Each says what to do, and nothing of a token or a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("{address} cannot be reached: {source}")]
    Unreachable { address: String, source: OutboundError },
    #[error("{address} is sealed: unseal it")]
    Sealed { address: String },
    #[error("{address} cannot answer now ({status}): {errors}")]
    Unwell { address: String, status: u16, errors: String },
    #[error(
        "{address} does not let this role in ({errors}): see `role_id` and `secret_id`, which may have expired"
    )]
    Login { address: String, errors: String },
    #[error(
        "{address} refuses to show {place} ({errors}): the token must be good, and its policy must allow `read` on it"
    )]
    Denied { address: String, place: String, errors: String },
    #[error("there is nothing at {place} of {address}: see `mount`, `path` and `namespace`")]
    Missing { address: String, place: String },
    #[error("the newest version at {place} of {address} is deleted: undelete it, or write it again")]
    Deleted { address: String, place: String },
    #[error("{place} has no text in the field {field:?}; its fields are: {fields}")]
    NoField { place: String, field: String, fields: String },
    #[error("{address} refuses the request ({status}): {errors}")]
    Refused { address: String, status: u16, errors: String },
    #[error("what {address} answers is not that of a vault: {why}")]
    Malformed { address: String, why: String },
    #[error("the request cannot be made: {0}")]
    Request(String),
}

impl VaultError {
    /// Whether it may be better in a moment.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => match source {
                OutboundError::Connect(_)
                | OutboundError::Timeout(_)
                | OutboundError::Broken(_)
                | OutboundError::Busy => true,
                OutboundError::Closed
                | OutboundError::Url(_)
                | OutboundError::Forbidden(_)
                | OutboundError::TooLarge(_) => false,
            },
            Self::Sealed { .. } | Self::Unwell { .. } => true,
            Self::Login { .. }
            | Self::Denied { .. }
            | Self::Missing { .. }
            | Self::Deleted { .. }
            | Self::NoField { .. }
            | Self::Refused { .. }
            | Self::Malformed { .. }
            | Self::Request(_) => false,
        }
    }
}

/// The fields of a secret.
pub(crate) struct Held {
    place: String,
    fields: Map<String, Value>,
}

impl Held {
    /// The text of a field.
    pub(crate) fn field(&self, name: &str) -> Result<Secret, VaultError> {
        match self.fields.get(name).and_then(Value::as_str) {
            Some(text) => Ok(Secret::from(text)),
            None => Err(VaultError::NoField {
                place: self.place.clone(),
                field: name.to_owned(),
                fields: self.fields.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            }),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    data: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct LoggedIn {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Secret,
}

impl Vault {
    /// A place of a vault at `address`, such as `https://vault.example.com:8200`. http is for this machine alone.
    pub(crate) fn at(address: &str, mount: &str, path: &str) -> Result<Self, String> {
        let no_url = || format!("{address:?} is not a URL such as https://vault.example.com:8200");
        let url = url::Url::parse(address).map_err(|_| no_url())?;
        let host = url.host_str().ok_or_else(no_url)?;
        let port = url.port_or_known_default().ok_or_else(no_url)?;
        let plain = matches!(url.path(), "/" | "") && url.query().is_none() && url.fragment().is_none();
        if !plain || !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{address:?} must be a scheme, a host and a port, and nothing else"));
        }
        match url.scheme() {
            "https" => {}
            "http" if hallpass_proto::issuer::is_loopback(&url) => {}
            "http" => {
                return Err(format!("{address:?} would send the token for everybody to read: use https"));
            }
            _ => return Err(no_url()),
        }
        Ok(Self {
            address: url.origin().ascii_serialization(),
            host: format!("{host}:{port}").parse().map_err(|_| no_url())?,
            mount: mount.trim_matches('/').to_owned(),
            path: path.trim_matches('/').to_owned(),
            namespace: None,
            login: Login::Token(Secret::from("")),
            certificates: Vec::new(),
            patience: Duration::ZERO,
        })
    }

    /// `secret/data/hallpass`: as a policy names it.
    pub(crate) fn place(&self) -> String {
        format!("{}/data/{}", self.mount, self.path)
    }

    /// Reads the newest version of the secret. A vault that cannot answer now is asked again for a while.
    pub(crate) async fn read(&self) -> Result<Held, VaultError> {
        let [mut pause, longest] = PAUSES;
        let begun = Instant::now();
        loop {
            match self.read_once().await {
                Err(error) if error.may_pass() && begun.elapsed() + pause <= self.patience => {
                    tracing::warn!(%error, "asking the vault again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(longest);
                }
                ended => return ended,
            }
        }
    }

    async fn read_once(&self) -> Result<Held, VaultError> {
        let token = match &self.login {
            Login::Token(token) => token.clone(),
            Login::AppRole { role_id, secret_id } => self.log_in(role_id, secret_id).await?,
        };
        let response = self.send(Method::GET, &self.place(), Some(&token), Bytes::new()).await?;
        let (address, place) = (self.address.clone(), self.place());
        let found = match response.status().as_u16() {
            200 => Some(parsed::<Answer>(&address, &response)?),
            403 => return Err(VaultError::Denied { address, place, errors: errors(&response) }),
            // A version that was deleted answers so too, and says that there was something.
            404 => serde_json::from_slice::<Answer>(response.body()).ok(),
            _ => return Err(self.refused(&response)),
        };
        match found.map(|answer| answer.data) {
            Some(Some(Data { data: Some(fields) })) => Ok(Held { place, fields }),
            Some(Some(Data { data: None })) => Err(VaultError::Deleted { address, place }),
            Some(None) | None => Err(VaultError::Missing { address, place }),
        }
    }

    async fn log_in(&self, role_id: &str, secret_id: &Secret) -> Result<Secret, VaultError> {
        let body = json!({ "role_id": role_id, "secret_id": secret_id.expose() }).to_string();
        let response = self.send(Method::POST, "auth/approle/login", None, body.into()).await?;
        let address = self.address.clone();
        match response.status().as_u16() {
            200 => Ok(parsed::<LoggedIn>(&address, &response)?.auth.client_token),
            400 | 403 => Err(VaultError::Login { address, errors: errors(&response) }),
            _ => Err(self.refused(&response)),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&Secret>,
        body: Bytes,
    ) -> Result<Response<Bytes>, VaultError> {
        let settings = DoorSettings {
            allowed: vec![self.host.clone()],
            certificates: self.certificates.clone(),
            timeout: TIMEOUT,
        };
        let door = Door::new(settings).map_err(|error| VaultError::Request(error.to_string()))?;
        let header_value = |text: &str| {
            HeaderValue::try_from(text)
                .map_err(|_| VaultError::Request("a header cannot hold the token".to_owned()))
        };
        let mut request = Request::new(body);
        let uri = format!("{}/v1/{path}", self.address);
        *request.uri_mut() = uri.parse().map_err(|_| VaultError::Request(format!("{uri:?} is not a URL")))?;
        let headers = request.headers_mut();
        if let Some(token) = token {
            let mut value = header_value(token.expose())?;
            value.set_sensitive(true);
            headers.insert("x-vault-token", value);
        }
        if let Some(namespace) = &self.namespace {
            headers.insert("x-vault-namespace", header_value(namespace)?);
        }
        // An agent in between may want to know that no browser was led to ask.
        headers.insert("x-vault-request", HeaderValue::from_static("true"));
        if method == Method::POST {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *request.method_mut() = method;
        let unreachable = |source| VaultError::Unreachable { address: self.address.clone(), source };
        door.send(request, MOST).await.map_err(unreachable)
    }

    /// An answer that is none of those that a question expects.
    fn refused(&self, response: &Response<Bytes>) -> VaultError {
        let (address, status, errors) = (self.address.clone(), response.status().as_u16(), errors(response));
        match status {
            503 if errors.contains("sealed") => VaultError::Sealed { address },
            // 472 and 473: a standby that does not answer reads; 412: one that is behind.
            412 | 429 | 472 | 473 | 500..=599 => VaultError::Unwell { address, status, errors },
            _ => VaultError::Refused { address, status, errors },
        }
    }
}

fn parsed<T: serde::de::DeserializeOwned>(
    address: &str,
    response: &Response<Bytes>,
) -> Result<T, VaultError> {
    serde_json::from_slice(response.body()).map_err(|error| VaultError::Malformed {
        address: address.to_owned(),
        // The category alone: the message may quote what was read.
        why: format!("{:?} error in its JSON", error.classify()).to_lowercase(),
    })
}

/// What a vault says of a refusal, in one short line.
fn errors(response: &Response<Bytes>) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<String>,
    }
    let told = serde_json::from_slice::<Errors>(response.body()).map(|told| told.errors.join("; "));
    let told = told.ok().filter(|told| !told.is_empty()).unwrap_or_else(|| "no reason given".to_owned());
    told.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({}, {})", self.address, self.place())
    }
}
