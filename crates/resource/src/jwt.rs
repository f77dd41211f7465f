//! The checks of a JWT access token — RFC 9068 §4, RFC 8725 — in order, and the memory of those that passed: only they
//! are remembered, so that a flood of bad tokens is worth nothing.

use std::sync::Arc;

use hallpass_proto::env::{Env, Time};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::jose::jwt::ClaimsObject;
use hallpass_proto::jwt_access_token::{AccessTokenRules, CLIENT_ID, TypRule};
use hallpass_proto::remembered::Remembered;
use hallpass_proto::secret::{Digest, Secret};

use crate::keys::{KeyError, KeySource};
use crate::mapping::Mapping;
use crate::refusal::Reason;
use crate::token::Token;

/// What a program can set about the checks.
pub(crate) struct JwtRules {
    pub(crate) typ: TypRule,
    pub(crate) algs: Vec<SigningAlg>,
    pub(crate) exp_leeway: i64,
    pub(crate) nbf_leeway: i64,
    pub(crate) remember: usize,
    pub(crate) mapping: Mapping,
    pub(crate) client_id_claim: String,
}

impl Default for JwtRules {
    fn default() -> Self {
        Self {
            typ: TypRule::Strict,
            algs: ASYMMETRIC.to_vec(),
            exp_leeway: 5,
            nbf_leeway: 60,
            remember: 10_000,
            mapping: Mapping::default(),
            client_id_claim: CLIENT_ID.to_owned(),
        }
    }
}

/// Longer tokens are verified each time: the memory is bounded in bytes as well as in tokens.
const LONGEST_REMEMBERED: usize = 8 * 1024;

const ASYMMETRIC: [SigningAlg; 10] = [
    SigningAlg::Rs256,
    SigningAlg::Rs384,
    SigningAlg::Rs512,
    SigningAlg::Ps256,
    SigningAlg::Ps384,
    SigningAlg::Ps512,
    SigningAlg::Es256,
    SigningAlg::Es384,
    SigningAlg::Es512,
    SigningAlg::EdDsa,
];

pub(crate) struct Verifier {
    issuer: Issuer,
    audiences: Vec<String>,
    rules: JwtRules,
    keys: Arc<dyn KeySource>,
    env: Env,
    verified: Remembered<Entry>,
}

/// What was verified, and with which key: when the issuer withdraws the key, the entry is worth nothing.
#[derive(Clone)]
struct Entry {
    token: Arc<Token>,
    kid: Option<Arc<str>>,
    alg: SigningAlg,
    key: Arc<VerifyingKey>,
}

impl Verifier {
    pub(crate) fn new(
        issuer: Issuer,
        audiences: Vec<String>,
        rules: JwtRules,
        keys: Arc<dyn KeySource>,
        env: Env,
    ) -> Self {
        let verified = Remembered::new(rules.remember);
        Self { issuer, audiences, rules, keys, env, verified }
    }

    /// A token that was accepted before, if it still would be.
    pub(crate) async fn recall(&self, digest: &Digest) -> Result<Option<Arc<Token>>, Reason> {
        let Some(entry) = self.verified.get(digest) else { return Ok(None) };
        if self.env.now() >= entry.token.exp + self.rules.exp_leeway {
            self.verified.remove(digest);
            return Ok(None);
        }
        Ok(self.is_current(&entry).await?.then_some(entry.token))
    }

    /// Accepts a token, or says which check it fails.
    pub(crate) async fn verify(&self, token: &Secret, digest: Digest) -> Result<Arc<Token>, Reason> {
        let entry = self.check(token.expose(), self.env.now()).await?;
        let verified = Arc::clone(&entry.token);
        if token.expose().len() <= LONGEST_REMEMBERED {
            self.verified.insert(digest, entry);
        }
        Ok(verified)
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(crate) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    pub(crate) fn remembered(&self) -> usize {
        self.verified.len()
    }

    /// The checks. Before the signature is known to be good, nothing of the token is used but to find the key.
    async fn check(&self, token: &str, now: Time) -> Result<Entry, Reason> {
        let jws = CompactJws::parse(token)?;
        let header = jws.header();
        // RFC 8725 §3.1: the caller says which algorithms there are, not the token.
        if !self.rules.algs.contains(&header.alg) {
            return Err(Reason::AlgRefused(header.alg));
        }
        // RFC 8725 §3.11: a token of another kind is refused before anybody is asked for its key.
        self.claim_rules().check_header(header)?;
        let key = self.keys.key(header.kid.as_deref(), header.alg).await?;
        let object = ClaimsObject::parse(jws.verify(&key)?)?;
        let mut claims = self.claim_rules().check_object(header, &object, now)?;
        let mapping = &self.rules.mapping;
        if let Some(scope) = mapping.scope(object.as_map())? {
            claims.scope = Some(scope);
        }
        let roles = mapping.roles(object.as_map());
        let token = Arc::new(Token::new(claims, roles, object.into_map()));
        Ok(Entry { token, kid: header.kid.as_deref().map(Arc::from), alg: header.alg, key })
    }

    fn claim_rules(&self) -> AccessTokenRules<'_> {
        AccessTokenRules {
            issuer: &self.issuer,
            audiences: &self.audiences,
            exp_leeway: self.rules.exp_leeway,
            nbf_leeway: self.rules.nbf_leeway,
            typ: self.rules.typ,
            client_id_claim: &self.rules.client_id_claim,
        }
    }

    /// Whether the issuer still publishes the very key that the token was verified with. When the keys were fetched
    /// anew, the token is verified again, once.
    async fn is_current(&self, entry: &Entry) -> Result<bool, Reason> {
        match self.keys.key(entry.kid.as_deref(), entry.alg).await {
            Ok(key) => Ok(Arc::ptr_eq(&key, &entry.key)),
            Err(KeyError::Unknown(_)) => Ok(false),
            Err(unavailable @ KeyError::Unavailable { .. }) => Err(unavailable.into()),
        }
    }
}
