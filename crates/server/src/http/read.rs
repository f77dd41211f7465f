//! Bytes to forms: what a request brings, checked for size and kind before anybody reads it.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use hallpass_proto::param::Form;

use super::address;
use crate::core::Core;
use crate::refusal::Refusal;

/// The largest body of a protocol message.
const BODY_LIMIT: usize = 64 * 1024;
/// How long it may take to arrive: whoever sends a byte now and then must not hold a connection for ever.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A request as the endpoints need it.
#[derive(Default)]
pub(super) struct Message {
    headers: HeaderMap,
    parameters: Bytes,
    source: Source,
    /// The other end of the connection, if whoever serves it has said.
    peer: Option<IpAddr>,
}

/// Where the parameters stand.
#[derive(Default, PartialEq, Eq)]
enum Source {
    #[default]
    Query,
    Body,
}

/// A request whose parameters stand in the query.
pub(super) async fn query(request: Request) -> Result<Message, Refusal> {
    let (parts, _) = request.into_parts();
    let parameters = parts.uri.query().map(|q| Bytes::copy_from_slice(q.as_bytes())).unwrap_or_default();
    Ok(Message { peer: address::peer(&parts), headers: parts.headers, parameters, source: Source::Query })
}

/// A GET whose parameters, if any, are ignored but must hold no token.
pub(super) fn query_message(request: Request) -> Result<Message, Refusal> {
    let (parts, _) = request.into_parts();
    refuse_credentials(&parts)?;
    let peer = address::peer(&parts);
    Ok(Message { headers: parts.headers, parameters: Bytes::new(), source: Source::Query, peer })
}

/// A POST whose parameters stand in the body.
pub(super) async fn form_message(request: Request) -> Result<Message, Refusal> {
    let (parts, body) = request.into_parts();
    refuse_credentials(&parts)?;
    if !has_type(&parts.headers, "application/x-www-form-urlencoded") {
        return Err(Refusal::ContentType);
    }
    Ok(Message {
        parameters: collect(&parts.headers, body).await?,
        peer: address::peer(&parts),
        headers: parts.headers,
        source: Source::Body,
    })
}

/// A POST or PUT whose body is JSON. Parameters in the query are ignored, but must hold no token.
pub(super) async fn json_message(request: Request) -> Result<Message, Refusal> {
    let (parts, body) = request.into_parts();
    refuse_credentials(&parts)?;
    if !has_type(&parts.headers, "application/json") {
        return Err(Refusal::ContentTypeJson);
    }
    Ok(Message {
        peer: address::peer(&parts),
        parameters: collect(&parts.headers, body).await?,
        headers: parts.headers,
        source: Source::Body,
    })
}

/// A POST that may have a form, or no body at all.
pub(super) async fn optional_form_message(request: Request) -> Result<Message, Refusal> {
    if request.headers().contains_key(header::CONTENT_TYPE) {
        return form_message(request).await;
    }
    query_message(request)
}

/// RFC 6749 §2.3.1, RFC 6750 §2.3, RFC 9700 §4.3.2: what stands in a URL ends up in logs and histories.
fn refuse_credentials(parts: &Parts) -> Result<(), Refusal> {
    const NEVER: [&str; 8] = [
        "client_secret",
        "client_assertion",
        "password",
        "code",
        "code_verifier",
        "refresh_token",
        "access_token",
        "token",
    ];
    let Some(query) = parts.uri.query() else { return Ok(()) };
    let form = Form::parse(query.as_bytes())?;
    if NEVER.iter().any(|name| form.contains(name)) { Err(Refusal::CredentialsInQuery) } else { Ok(()) }
}

fn has_type(headers: &HeaderMap, media_type: &str) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

async fn collect(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT) {
        return Err(Refusal::BodyTooLarge);
    }
    let Ok(collected) = timeout(BODY_TIMEOUT, Limited::new(body, BODY_LIMIT).collect()).await else {
        return Err(Refusal::BodyTooSlow);
    };
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.downcast_ref::<LengthLimitError>().is_some() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyUnreadable),
    }
}

impl Message {
    /// The parameters, each once.
    pub(super) fn form(&self) -> Result<Form<'_>, Refusal> {
        Ok(self.form_with_duplicates()?.no_duplicates()?)
    }

    /// The parameters as they came, for those who answer a repetition in their own way.
    pub(super) fn form_with_duplicates(&self) -> Result<Form<'_>, Refusal> {
        Ok(Form::parse(&self.parameters)?)
    }

    /// The body as it came.
    pub(super) fn body(&self) -> &[u8] {
        match self.source {
            Source::Query => &[],
            Source::Body => &self.parameters,
        }
    }

    /// Where the request comes from, as far as that is known.
    pub(super) fn client_address(&self, core: &Core) -> Option<IpAddr> {
        address::of_client(&core.config.client_address, self.peer, &self.headers)
    }

    /// Whether the parameters stand in the body.
    pub(super) fn is_form(&self) -> bool {
        self.source == Source::Body
    }

    /// The one `Authorization` header, or what it is refused as.
    pub(super) fn authorization(&self, twice: Refusal, malformed: Refusal) -> Result<Option<&str>, Refusal> {
        let mut values = self.headers.get_all(header::AUTHORIZATION).iter();
        let first = values.next();
        if values.next().is_some() {
            return Err(twice);
        }
        first.map(|v| v.to_str().map_err(|_| malformed)).transpose()
    }

    /// All cookies of a name, in their order. Bytes, for other programs on this host set what they like beside ours.
    pub(super) fn cookies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|value| value.as_bytes().split(|b| *b == b';'))
            .filter_map(move |pair| pair.trim_ascii_start().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    }

    /// Refuses a form that another site has sent. The browser says so itself; one that says nothing is held by the
    /// form's token alone. (`Origin: null` says nothing: our own pages send it too, for they send no referrer.)
    pub(super) fn refuse_cross_site(&self, own_origin: &str) -> Result<(), Refusal> {
        let text = |name| self.headers.get(name).and_then(|v| v.to_str().ok());
        let by_site = match text("sec-fetch-site") {
            Some("same-origin" | "none") | None => Ok(()),
            Some(_) => Err(Refusal::CrossSite),
        };
        let by_origin = match text("origin") {
            Some("null") | None => Ok(()),
            Some(origin) if origin == own_origin => Ok(()),
            Some(_) => Err(Refusal::CrossSite),
        };
        by_site.and(by_origin)
    }
}
