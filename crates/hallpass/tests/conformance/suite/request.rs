//! An authorization request.

use hallpass_proto::param::Form;

use super::{CALLBACK, Client, Suite};

/// An authorization request that is being put together.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    parameters: Vec<(String, String)>,
}

impl Suite {
    /// The request that a plan begins with: `state` and `nonce` are there, and no PKCE.
    pub(crate) fn request(&self, client: &Client) -> Request {
        let mut request = Request { parameters: Vec::new() }
            .with("client_id", &client.client_id)
            .with("redirect_uri", CALLBACK)
            .with("scope", "openid")
            .with("state", "the state of 1 & only")
            .with("nonce", "the-nonce-0123456789")
            .with("response_type", self.response_type);
        if let Some(mode) = self.response_mode {
            request = request.with("response_mode", mode);
        }
        request
    }

    /// The URL of a request.
    pub(crate) fn url(&self, request: &Request) -> String {
        format!("{}?{}", self.endpoint("authorization_endpoint"), request.form().encode())
    }
}

impl Request {
    /// With this parameter, in the place of one of the same name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// In another order.
    pub(crate) fn reversed(mut self) -> Self {
        self.parameters.reverse();
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// As a form or a query.
    pub(crate) fn form(&self) -> Form<'_> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The same as pairs.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}
