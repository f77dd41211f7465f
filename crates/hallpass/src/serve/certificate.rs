//! The certificate of the server and its key, from PEM files; a new one is taken up while connections live.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use hallpass_proto::issuer::Issuer;

use crate::config::TlsFiles;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why a certificate and its key cannot be used. Names files, never what is in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("{} cannot be read: {why}", path.display())]
    Read { path: PathBuf, why: String },
    #[error("{} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    #[error("{} holds no private key in PEM (-----BEGIN PRIVATE KEY-----), or one that is encrypted", .0.display())]
    NoKey(PathBuf),
    #[error("the key in {} does not belong to the certificate in {}, or either cannot be used: {why}", key.display(), certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf, why: String },
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// A certificate and its key, ready to be used.
#[derive(Clone)]
pub(crate) struct Loaded(Arc<CertifiedKey>);

impl Loaded {
    /// Whether the certificate names the issuer's host.
    pub(crate) fn is_for(&self, issuer: &Issuer) -> bool {
        let host = issuer.host();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = ServerName::try_from(name.trim_start_matches('[').trim_end_matches(']'));
        let certificate = self.0.cert.first().map(ParsedCertificate::try_from);
        match (certificate, name) {
            (Some(Ok(certificate)), Ok(name)) => verify_server_name(&certificate, &name).is_ok(),
            _ => false,
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.0.cert == other.0.cert
    }
}

/// Reads both files, and sees that they belong together.
pub(crate) fn load(files: &TlsFiles) -> Result<Loaded, Unusable> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(&files.certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| Unusable::NoCertificate(files.certificate.clone()))?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?);
    let key = key.map_err(|_| Unusable::NoKey(files.key.clone()))?;
    let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| Unusable::Mismatch {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        why: error.to_string(),
    })?;
    Ok(Loaded(Arc::new(key)))
}

fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    std::fs::read(path)
        .map_err(|error: io::Error| Unusable::Read { path: path.to_owned(), why: error.to_string() })
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// TLS 1.2 and 1.3 with the certificate of the moment; HTTP/2 and HTTP/1.1.
pub(crate) fn acceptor(certificates: Arc<Certificates>) -> Result<TlsAcceptor, Unusable> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Unusable::Setup(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The certificate of the moment.
pub(crate) struct Certificates {
    files: TlsFiles,
    current: RwLock<Loaded>,
}

impl Certificates {
    /// Reads the files for the first time.
    pub(crate) fn load(files: TlsFiles) -> Result<Self, Unusable> {
        let current = RwLock::new(load(&files)?);
        Ok(Self { files, current })
    }

    /// Takes up a certificate that was put into the place of the old one, until `stopped`. One that cannot be used is
    /// told once, and the old one stays: whoever renews it may have written one file of two.
    pub(crate) async fn watch(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut told = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            let error = self.reload().err();
            if let Some(error) = error.as_ref().filter(|error| told.as_ref() != Some(*error)) {
                tracing::warn!(%error, "the certificate cannot be used; serving with the one before");
            }
            told = error;
        }
    }

    /// Reads the files because somebody asked, and says what came of it.
    pub(crate) fn reload_for_signal(&self) {
        match self.reload() {
            Ok(Reloaded::New) => tracing::info!("SIGHUP: the certificate was read again"),
            Ok(Reloaded::Same) => tracing::info!("SIGHUP: the certificate is the same as before"),
            Err(error) => {
                tracing::warn!(%error, "the certificate cannot be used; serving with the one before")
            }
        }
    }

    fn reload(&self) -> Result<Reloaded, Unusable> {
        let loaded = load(&self.files)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.is(&loaded) {
            return Ok(Reloaded::Same);
        }
        *current = loaded;
        drop(current);
        let path = self.files.certificate.display();
        tracing::info!(%path, "new connections get the new certificate");
        Ok(Reloaded::New)
    }
}

enum Reloaded {
    New,
    Same,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).0.clone())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}
