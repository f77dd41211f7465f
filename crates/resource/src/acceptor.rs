//! Which of several ways to accept a token is the one for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_client::provider::Provider;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::secret::Secret;
use serde::Deserialize;

use crate::introspect::Introspector;
use crate::jwt::Verifier;
use crate::refusal::Reason;
use crate::token::Token;

/// One way.
#[derive(Clone)]
pub(crate) enum Acceptor {
    /// By the signature.
    Jwt { verifier: Arc<Verifier>, provider: Option<Provider> },
    /// By asking the issuer.
    Introspect(Arc<Introspector>),
}

/// All of them.
pub(crate) struct Acceptors(Vec<Acceptor>);

impl Acceptor {
    pub(crate) fn issuer(&self) -> &Issuer {
        match self {
            Self::Jwt { verifier, .. } => verifier.issuer(),
            Self::Introspect(introspector) => introspector.issuer(),
        }
    }

    pub(crate) fn audiences(&self) -> &[String] {
        match self {
            Self::Jwt { verifier, .. } => verifier.audiences(),
            Self::Introspect(introspector) => introspector.audiences(),
        }
    }

    pub(crate) fn provider(&self) -> Option<&Provider> {
        match self {
            Self::Jwt { provider, .. } => provider.as_ref(),
            Self::Introspect(introspector) => Some(introspector.provider()),
        }
    }

    pub(crate) fn remembered(&self) -> usize {
        match self {
            Self::Jwt { verifier, .. } => verifier.remembered(),
            Self::Introspect(introspector) => introspector.remembered(),
        }
    }
}

impl Acceptors {
    pub(crate) fn new(all: Vec<Acceptor>) -> Self {
        Self(all)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Acceptor> {
        self.0.iter()
    }

    /// Accepts a token, or says which check it fails.
    pub(crate) async fn accept(&self, token: &Secret) -> Result<Arc<Token>, Reason> {
        let digest = token.digest();
        let verifiers = || self.0.iter().filter_map(Acceptor::verifier);
        for verifier in verifiers() {
            if let Some(token) = verifier.recall(&digest).await? {
                return Ok(token);
            }
        }
        let introspectors = self.0.iter().filter_map(Acceptor::introspector);
        match (self.0.len(), verifiers().next()) {
            // The one there is says best what it does not like.
            (1, Some(verifier)) => return verifier.verify(token, digest).await,
            (_, Some(_)) => {
                let iss = unverified_issuer(token.expose());
                // Two for one issuer differ in their audience: the first that accepts it.
                let mut refused = None;
                for verifier in verifiers().filter(|v| iss.as_deref() == Some(v.issuer().as_str())) {
                    match verifier.verify(token, digest).await {
                        Err(reason) if !reason.is_ours() => refused = Some(reason),
                        answer => return answer,
                    }
                }
                if let Some(reason) = refused {
                    return Err(reason);
                }
            }
            (_, None) => {}
        }
        let mut refused = Reason::IssuerUnknown;
        for introspector in introspectors {
            match introspector.accept(token, digest).await {
                Err(reason) if !reason.is_ours() => refused = reason,
                answer => return answer,
            }
        }
        Err(refused)
    }
}

impl Acceptor {
    fn verifier(&self) -> Option<&Verifier> {
        match self {
            Self::Jwt { verifier, .. } => Some(verifier),
            Self::Introspect(_) => None,
        }
    }

    fn introspector(&self) -> Option<&Introspector> {
        match self {
            Self::Introspect(introspector) => Some(introspector),
            Self::Jwt { .. } => None,
        }
    }
}

/// The `iss` of a JWT, which nobody has verified: good for nothing but to find out who can.
fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
    }
    let mut parts = token.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(claims.iss)
}
