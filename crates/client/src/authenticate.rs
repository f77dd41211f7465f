//! Client authentication at the server's endpoints — RFC 6749 §2.3.1.

use bytes::Bytes;
use hallpass_proto::client_secret::{AuthMethod, BasicCredentials};
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};

use crate::error::{ConfigError, Error};
use crate::http_client::parse_url;

/// Who the client is, and how it proves it.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A public client: it names itself.
    Public {
        /// The `client_id`.
        client_id: String,
    },
    /// `client_secret_basic`.
    Basic {
        /// The `client_id`.
        client_id: String,
        /// The `client_secret`.
        secret: Secret,
    },
    /// `client_secret_post`.
    Post {
        /// The `client_id`.
        client_id: String,
        /// The `client_secret`.
        secret: Secret,
    },
}

impl Credentials {
    /// Puts id, secret and method together.
    ///
    /// # Errors
    /// [`ConfigError::NoSecret`] when the method needs a secret and there is none.
    pub fn new(client_id: &str, secret: Option<Secret>, method: AuthMethod) -> Result<Self, ConfigError> {
        let client_id = client_id.to_owned();
        match (method, secret) {
            (AuthMethod::None, _) => Ok(Self::Public { client_id }),
            (AuthMethod::ClientSecretBasic, Some(secret)) => Ok(Self::Basic { client_id, secret }),
            (AuthMethod::ClientSecretPost, Some(secret)) => Ok(Self::Post { client_id, secret }),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                Err(ConfigError::NoSecret(client_id))
            }
            (AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt, _) => {
                Err(ConfigError::MethodUnsupported(method.as_str()))
            }
        }
    }

    /// The `client_id`.
    pub fn client_id(&self) -> &str {
        match self {
            Self::Public { client_id } | Self::Basic { client_id, .. } | Self::Post { client_id, .. } => {
                client_id
            }
        }
    }

    /// The secret, when there is one.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Public { .. } => None,
            Self::Basic { secret, .. } | Self::Post { secret, .. } => Some(secret),
        }
    }

    /// A form posted to an endpoint with these credentials: in the header or in the body, never in both.
    pub(crate) fn post<'a>(&'a self, endpoint: &str, mut form: Form<'a>) -> Result<Request<Bytes>, Error> {
        let mut authorization = None;
        match self {
            Self::Public { client_id } => form.push("client_id", client_id.as_str()),
            Self::Post { client_id, secret } => {
                form.push("client_id", client_id.as_str());
                form.push("client_secret", secret.expose().as_str());
            }
            Self::Basic { client_id, secret } => {
                let basic = BasicCredentials { client_id: client_id.clone(), client_secret: secret.clone() };
                authorization = Some(sensitive(basic.header().expose())?);
            }
        }
        let mut request = Request::new(Bytes::from(form.encode()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = parse_url(endpoint).map_err(ConfigError::from)?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        Ok(request)
    }
}

/// A GET that asks for JSON, with a bearer token or without.
pub(crate) fn get(endpoint: &str, bearer: Option<&Secret>) -> Result<Request<Bytes>, Error> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = parse_url(endpoint).map_err(ConfigError::from)?;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = bearer {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        request.headers_mut().insert(AUTHORIZATION, sensitive(value.expose())?);
    }
    Ok(request)
}

fn sensitive(value: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(value).map_err(|_| ConfigError::Invalid {
        variable: "Authorization".into(),
        reason: "a secret or token holds characters that no header can carry".into(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(method: AuthMethod) -> (Option<String>, String) {
        let credentials = Credentials::new("app", Some("s&cret".into()), method).expect("complete");
        let request =
            credentials.post("https://as.example/token", Form::from_iter([("a", "1")])).expect("a request");
        let header = request.headers().get(AUTHORIZATION).map(|v| v.to_str().expect("text").to_owned());
        (header, String::from_utf8(request.into_body().to_vec()).expect("text"))
    }

    #[test]
    fn the_secret_stands_in_one_place() {
        let (header, body) = sent(AuthMethod::ClientSecretBasic);
        assert_eq!(
            BasicCredentials::parse(&header.expect("a header")).expect("reads").client_secret,
            "s&cret".into()
        );
        assert_eq!(body, "a=1");
        assert_eq!(
            sent(AuthMethod::ClientSecretPost),
            (None, "a=1&client_id=app&client_secret=s%26cret".into())
        );
        assert_eq!(sent(AuthMethod::None), (None, "a=1&client_id=app".into()));
    }

    #[test]
    fn a_method_that_needs_a_secret_says_so() {
        let missing = Credentials::new("app", None, AuthMethod::ClientSecretPost);
        assert!(matches!(missing, Err(ConfigError::NoSecret(client)) if client == "app"));
    }

    #[test]
    fn a_secret_in_a_header_does_not_show_in_debug_output() {
        let credentials =
            Credentials::new("app", Some("canary".into()), AuthMethod::ClientSecretBasic).expect("complete");
        let request = credentials.post("https://as.example/token", Form::default()).expect("a request");
        assert!(!format!("{:?} {credentials:?}", request.headers()).contains("canary"));
    }
}
