//! The guarded door: clients say what is fetched, so it opens to the Internet alone, and to what an operator allows.
//!
//! In their order: an https URL (http where the host is allowed); a free place among those under way to this host, so
//! that one slow host does not take everybody's; a free place among all; the addresses of the host, each of which must be public or allowed; a connection to one of these very addresses, so that no second
//! look-up can lead elsewhere; TLS; one exchange, whose answer is bounded. All of it within one deadline. No redirect is
//! followed, no proxy is used, no connection is kept, no content coding is undone.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use url::Host;

use super::address::not_public;
use super::allow::Allowed;
use super::hosts::Hosts;
use super::roots::{self, RootsError};
use super::target::Target;
use super::{Answered, Outbound, OutboundError};

/// How many requests may be under way at once. More wait, within their deadline.
const AT_ONCE: usize = 64;
/// How many addresses of a host are tried.
const ADDRESSES: usize = 4;
/// How many bytes the head of a response may have.
const HEAD: usize = 64 * 1024;

/// What an operator decides about the door.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Hosts and networks that are not of the Internet and may be reached, also by http.
    pub allowed: Vec<Allowed>,
    /// Certificates, in PEM, that are trusted beside those of the machine.
    pub certificates: Vec<u8>,
    /// How long one request may take in all.
    pub timeout: Duration,
}

impl Default for DoorSettings {
    /// The Internet alone, by the certificates of the machine; 5 seconds.
    fn default() -> Self {
        Self { allowed: Vec::new(), certificates: Vec::new(), timeout: Duration::from_secs(5) }
    }
}

/// An [`Outbound`] for what clients name.
pub struct Door {
    allowed: Vec<Allowed>,
    timeout: Duration,
    tls: TlsConnector,
    hosts: Hosts,
    places: Semaphore,
    names: Box<dyn Names>,
}

/// Finds the addresses of a name.
trait Names: Send + Sync {
    fn look_up<'a>(&'a self, name: &'a str, port: u16) -> LookUp<'a>;
}

type LookUp<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// The names that this machine knows.
struct SystemNames;

impl Names for SystemNames {
    fn look_up<'a>(&'a self, name: &'a str, port: u16) -> LookUp<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }
}

impl Door {
    /// A door with these settings.
    ///
    /// # Errors
    /// When the certificates of the settings cannot be used.
    pub fn new(settings: DoorSettings) -> Result<Self, RootsError> {
        let DoorSettings { allowed, certificates, timeout } = settings;
        let tls = TlsConnector::from(Arc::new(roots::client_config(&certificates)?));
        let (hosts, places) = (Hosts::default(), Semaphore::new(AT_ONCE));
        Ok(Self { allowed, timeout, tls, hosts, places, names: Box::new(SystemNames) })
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<Bytes>,
        most: usize,
    ) -> Result<Response<Bytes>, OutboundError> {
        let request = target.request(request)?.map(Full::new);
        let stream = self.connect(target).await?;
        if !target.tls {
            return talk(TokioIo::new(stream), request, target, most).await;
        }
        let failed =
            |error: &dyn std::fmt::Display| OutboundError::Connect(format!("{}: {error}", target.host));
        let name = match &target.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|error| failed(&error))?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|error| failed(&error))?;
        talk(TokioIo::new(stream), request, target, most).await
    }

    /// A connection to an address of the host that was looked at.
    async fn connect(&self, target: &Target) -> Result<TcpStream, OutboundError> {
        let host = target.host.to_string();
        let mut failure = "it has no address".to_owned();
        for address in self.addresses(target).await? {
            match timeout(self.timeout / 2, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Whether small segments wait is of no consequence for one exchange.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => failure = error.to_string(),
                Err(_) => failure = "it does not answer".to_owned(),
            }
        }
        Err(OutboundError::Connect(format!("{host}: {failure}")))
    }

    /// The addresses of the host, when all of them may be reached: one that may not makes the name suspect.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, OutboundError> {
        let (host, port) = (target.host.to_string(), target.port);
        let mut addresses = match &target.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, port))],
            Host::Domain(name) => {
                let found = self.names.look_up(name, port).await;
                found.map_err(|error| OutboundError::Connect(format!("{host}: {error}")))?
            }
        };
        addresses.truncate(ADDRESSES);
        if self.allowed.iter().any(|allowed| allowed.names(&host, port)) {
            return Ok(addresses);
        }
        for address in &addresses {
            if self.allowed.iter().any(|allowed| allowed.holds(address.ip(), port)) {
                continue;
            }
            if let Some(what) = not_public(address.ip()) {
                return Err(OutboundError::Forbidden(format!("{host} ({what})")));
            }
            if !target.tls {
                return Err(OutboundError::Url(format!("http://{host}")));
            }
        }
        Ok(addresses)
    }
}

impl Outbound for Door {
    fn send(&self, request: Request<Bytes>, most: usize) -> Answered<'_> {
        Box::pin(async move {
            let target = Target::of(request.uri())?;
            let deadline = Instant::now() + self.timeout;
            let at_host = self.hosts.join(&target.host.to_string())?;
            let at_host = timeout_at(deadline, at_host.place()).await.map_err(|_| OutboundError::Busy)?;
            let _at_host = at_host.ok_or(OutboundError::Closed)?;
            let place = timeout_at(deadline, self.places.acquire()).await;
            let _place = place.map_err(|_| OutboundError::Busy)?.map_err(|_| OutboundError::Closed)?;
            let answer = timeout_at(deadline, self.exchange(&target, request, most)).await;
            answer.unwrap_or_else(|_| Err(OutboundError::Timeout(target.host.to_string())))
        })
    }
}

/// One exchange over a connection of its own.
async fn talk<S>(
    stream: TokioIo<S>,
    request: Request<Full<Bytes>>,
    target: &Target,
    most: usize,
) -> Result<Response<Bytes>, OutboundError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: &dyn std::fmt::Display| OutboundError::Broken(format!("{}: {error}", target.host));
    let handshake = http1::Builder::new().max_buf_size(HEAD).handshake(stream).await;
    let (mut sender, connection) = handshake.map_err(|error| broken(&error))?;
    let mut answer = pin!(async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, collect(body, most).await.map_err(|error| error.of(target))?))
    });
    tokio::select! {
        answer = &mut answer => answer,
        // The server has closed; what it has sent before that is still to be read.
        _ = connection => answer.await,
    }
}

enum BodyFailure {
    TooLarge(usize),
    Broken(String),
}

impl BodyFailure {
    fn of(self, target: &Target) -> OutboundError {
        match self {
            Self::TooLarge(most) => OutboundError::TooLarge(most),
            Self::Broken(why) => OutboundError::Broken(format!("{}: {why}", target.host)),
        }
    }
}

async fn collect(body: Incoming, most: usize) -> Result<Bytes, BodyFailure> {
    // What is announced to be too large is not read at all.
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return Err(BodyFailure::TooLarge(most));
    }
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyFailure::TooLarge(most)),
        Err(error) => Err(BodyFailure::Broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A name server that says something else every time.
    struct Changing {
        answers: Vec<SocketAddr>,
        asked: Arc<AtomicUsize>,
    }

    impl Names for Changing {
        fn look_up<'a>(&'a self, _: &'a str, _: u16) -> LookUp<'a> {
            let at = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
            Box::pin(async move { Ok(vec![self.answers[at]]) })
        }
    }

    fn door(allowed: &[&str], answers: Vec<SocketAddr>) -> (Door, Arc<AtomicUsize>) {
        let allowed = allowed.iter().map(|text| text.parse().expect("an entry")).collect();
        let asked = Arc::new(AtomicUsize::new(0));
        let door = Door::new(DoorSettings { allowed, ..DoorSettings::default() }).expect("a door");
        (Door { names: Box::new(Changing { answers, asked: asked.clone() }), ..door }, asked)
    }

    async fn get(door: &Door, url: &str) -> Result<Response<Bytes>, OutboundError> {
        door.send(Request::get(url).body(Bytes::new()).expect("a request"), 1000).await
    }

    /// security.md 30: a name that leads into the own network, whatever the name.
    #[tokio::test]
    async fn a_name_is_refused_for_the_address_that_it_leads_to() {
        for address in ["127.0.0.1:443", "10.0.0.1:443", "169.254.169.254:443", "[::1]:443", "[fd00::1]:443"]
        {
            let (door, _) = door(&[], vec![address.parse().expect("an address")]);
            let refused = get(&door, "https://keys.example/").await;
            assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{address} {refused:?}");
        }
    }

    /// security.md 30: the address that was looked at is the address that is connected to.
    #[tokio::test]
    async fn a_name_is_looked_up_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (door, asked) = door(&["127.0.0.1"], vec![address, "10.0.0.1:80".parse().expect("an address")]);
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 1024];
            let n = stream.read(&mut head).await.expect("a request");
            assert!(String::from_utf8_lossy(&head[..n]).contains("host: keys.example\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.expect("written");
        });

        let answer = get(&door, "http://keys.example/").await.expect("an answer");

        assert_eq!((answer.body().as_ref(), asked.load(Ordering::SeqCst)), (&b"ok"[..], 1));
        assert!(matches!(get(&door, "http://keys.example/").await, Err(OutboundError::Forbidden(_))));
    }

    /// http is for hosts that are allowed: anybody else's answer could be anybody's.
    #[tokio::test]
    async fn http_is_refused_for_a_public_host() {
        let (door, _) = door(&[], vec!["8.8.8.8:80".parse().expect("an address")]);
        assert!(matches!(get(&door, "http://keys.example/").await, Err(OutboundError::Url(_))));
    }
}
