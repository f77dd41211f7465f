//! What comes back to the client, by whichever way the plan wants it.

use std::collections::BTreeMap;

use hallpass_proto::param::Form;
use hallpass_testkit::html::forms;
use hallpass_testkit::{Browser, Reply};

use super::request::Request;
use super::{CALLBACK, ISSUER, Suite};

/// The parameters of an authorization response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    parameters: BTreeMap<String, String>,
}

impl Suite {
    /// Sends a request in a browser and does what the pages ask: signs in, allows.
    pub(crate) async fn response(&self, browser: &Browser, request: &Request) -> Response {
        let reply = browser.complete(&self.url(request)).await;
        self.read(&reply, request)
    }

    /// Reads a response, and sees that it came by the plan's response mode, and answers this request.
    #[track_caller]
    pub(crate) fn read(&self, reply: &Reply, request: &Request) -> Response {
        let told = format!("{} {} {}", reply.status, reply.header("location"), reply.body);
        let redirect_uri = request.get("redirect_uri").unwrap_or(CALLBACK);
        let parameters = if self.response_mode == Some("form_post") {
            let form = forms(&reply.body).into_iter().next().unwrap_or_else(|| panic!("no form: {told}"));
            assert_eq!((form.action.as_str(), form.method.as_str()), (redirect_uri, "post"), "{told}");
            form.fields
        } else {
            let mode = if self.response_type == "code" { '?' } else { '#' };
            let rest = reply.header("location").strip_prefix(redirect_uri);
            let encoded = rest.and_then(|rest| rest.strip_prefix(mode));
            let encoded = encoded.unwrap_or_else(|| panic!("not by {mode} to {redirect_uri}: {told}"));
            let form = Form::parse(encoded.as_bytes()).expect("parameters");
            form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let response = Response { parameters };
        assert_eq!(response.get("state"), request.get("state"), "{told}");
        // RFC 9207 §2.4
        assert_eq!(response.get("iss"), Some(ISSUER), "{told}");
        response
    }
}

impl Response {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// A parameter that must be there.
    #[track_caller]
    pub(crate) fn the(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// Sees that this is an error, and that nothing else is given with it.
    #[track_caller]
    pub(crate) fn assert_error(&self, allowed: &[&str]) {
        assert!(allowed.contains(&self.the("error")), "not one of {allowed:?}: {self:?}");
        for part in ["code", "id_token", "access_token"] {
            assert_eq!(self.get(part), None, "{self:?}");
        }
    }
}
