//! `[tls]`: the PEM files of the certificate and its key.

use std::path::PathBuf;

use hallpass_proto::issuer::Issuer;

use super::document::{Reading, Table};
use crate::serve::certificate;

/// Where the certificate and its key are.
#[derive(Clone)]
pub(crate) struct TlsFiles {
    /// The certificate, and behind it those that it is signed by.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

pub(super) fn read(
    reading: &mut Reading,
    table: &mut Table<'_>,
    issuer: Option<&Issuer>,
) -> Option<TlsFiles> {
    let mut tls = table.table(reading, "tls")?;
    let certificate = tls.required(reading, "certificate", "the PEM file of the certificate chain");
    let key = tls.required(reading, "key", "the PEM file of the private key");
    let line = tls.line;
    tls.finish(reading);
    let files = TlsFiles { certificate: reading.path(&certificate?), key: reading.path(&key?) };
    match certificate::load(&files) {
        Ok(loaded) => {
            if let Some(issuer) = issuer.filter(|issuer| !loaded.is_for(issuer)) {
                let why = format!(
                    "the certificate in {} is not for the issuer's host {}",
                    files.certificate.display(),
                    issuer.host()
                );
                reading.note(line, why);
            }
        }
        Err(why) => reading.wrong(line, format!("[tls] {why}")),
    }
    Some(files)
}
