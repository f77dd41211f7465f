//! What clauses begin with: Ada, two apps, and the steps that most clauses take.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use hallpass_proto::env::Time;
use hallpass_proto::pkce::{CodeChallenge, CodeVerifier};
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::{Digest, Secret};
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::code::{Code, CodeProof, CodeState, GrantRecorded};
use hallpass_server::entity::grant::{Authority, Grant, GrantedClaims};
use hallpass_server::entity::refresh::{RefreshProof, RefreshState, RefreshToken, Rotation};
use hallpass_server::entity::session::Session;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{
    AccessTokenId, CodeRedemption, Issued, Recorded, Redeemed, RefreshRedemption, Revocation, Revoked, Store,
};
use tokio::sync::Barrier;

pub(super) use crate::clock::START;

pub(super) const APP: &str = "app";
pub(super) const OTHER_APP: &str = "other-app";
pub(super) const ADA: &str = "ada";
pub(super) const REDIRECT_URI: &str = "https://app.example/callback";
pub(super) const DAY: i64 = 86_400;
pub(super) const GRACE: i64 = 30;
pub(super) const ROTATE: Rotation = Rotation::Rotate { grace: GRACE };

/// A store in which Ada has an account.
#[derive(Clone)]
pub(super) struct World(pub(super) Arc<dyn Store>);

impl World {
    pub(super) async fn new(store: Arc<dyn Store>) -> Self {
        store.put_user(&user(ADA)).await.expect("Ada");
        Self(store)
    }

    pub(super) async fn disable(&self, id: &str) {
        self.0.put_user(&User { status: Status::Disabled, ..user(id) }).await.expect("a disabled person");
    }

    pub(super) async fn issue(&self, code: &Code) {
        assert_eq!(self.0.issue_code(code).await.expect("an answer"), Recorded::Done, "a code goes out");
    }

    /// The owner redeems a code as it should be, and is to get the refresh token of this name.
    pub(super) async fn redeem(&self, name: &str, token: &str, now: Time) -> Redeemed {
        self.redeem_with(name, proof(name), &issued(token), now).await.expect("an answer")
    }

    pub(super) async fn redeem_with(
        &self,
        name: &str,
        proof: CodeProof<'_>,
        issued: &Issued,
        now: Time,
    ) -> Result<Redeemed, Fault> {
        self.0.redeem_code(&CodeRedemption { code: digest(name), proof }, issued, now).await
    }

    /// Records a grant with a refresh token.
    pub(super) async fn family(&self, grant: &Grant, token: &str) {
        let recorded = self.0.record_grant(grant, &issued(token)).await.expect("an answer");
        assert_eq!(recorded, Recorded::Done, "a grant");
    }

    /// The owner uses a refresh token.
    pub(super) async fn refresh(&self, token: &str, rotation: Rotation, next: &str, now: Time) -> Redeemed {
        self.refresh_with(token, proof_of_token(APP, rotation), &issued_at(next, now), now)
            .await
            .expect("an answer")
    }

    pub(super) async fn refresh_with(
        &self,
        token: &str,
        proof: RefreshProof<'_>,
        issued: &Issued,
        now: Time,
    ) -> Result<Redeemed, Fault> {
        self.0.redeem_refresh(&RefreshRedemption { token: digest(token), proof }, issued, now).await
    }

    pub(super) async fn revoke_refresh(&self, token: &str, client_id: &str, now: Time) -> Revoked {
        let what = Revocation::Refresh { token: digest(token), client_id };
        self.0.revoke(what, now).await.expect("an answer")
    }

    pub(super) async fn revoke_access(&self, jti: &str, expires_at: Time, now: Time) -> Revoked {
        self.0.revoke(Revocation::Access { jti, expires_at }, now).await.expect("an answer")
    }

    /// Whether an access token of a grant is good.
    pub(super) async fn access_is_good(&self, grant_id: &str, now: Time) -> bool {
        self.jti_is_good(Some(grant_id), &format!("{grant_id}.1"), now).await
    }

    pub(super) async fn jti_is_good(&self, grant_id: Option<&str>, jti: &str, now: Time) -> bool {
        let found = self.0.access_token(AccessTokenId { grant_id, jti }, now).await.expect("an answer");
        found.is_some()
    }

    /// Whether a refresh token could be used.
    pub(super) async fn refresh_is_good(&self, token: &str, now: Time) -> bool {
        self.0.refresh_token(digest(token), now).await.expect("an answer").is_some()
    }

    pub(super) async fn session_is_good(&self, name: &str, now: Time) -> bool {
        self.0.session(digest(name), DAY, now).await.expect("an answer").is_some()
    }
}

/// The digest of a code, token or cookie of this name.
pub(super) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(super) fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}

/// Somebody who signs in as `id@example.com`.
pub(super) fn user(id: &str) -> User {
    let mut claims = Claims::default();
    claims.0.insert("name".to_owned(), format!("{id} of the contract").into());
    User {
        id: id.to_owned(),
        logins: vec![format!("{id}@example.com")],
        password_hash: Secret::from("$argon2id$…"),
        claims,
        status: Status::Active,
        created_at: START,
    }
}

/// A grant of Ada's to the app, which outlives her session.
pub(super) fn grant(id: &str) -> Grant {
    Grant {
        id: id.to_owned(),
        client_id: APP.to_owned(),
        user_id: ADA.to_owned(),
        scope: scope("openid read write"),
        audience: vec!["https://api.example".to_owned()],
        auth_time: START - 5,
        amr: vec!["pwd".to_owned()],
        acr: Some("silver".to_owned()),
        claims: GrantedClaims {
            userinfo: BTreeSet::from(["email".to_owned()]),
            id_token: BTreeSet::from(["name#fr".to_owned(), "nickname".to_owned()]),
        },
        sid: None,
        offline: true,
        created_at: START,
        expires_at: START + 30 * DAY,
        revoked_at: None,
    }
}

/// A grant that ends with a session.
pub(super) fn grant_in(id: &str, sid: &str) -> Grant {
    Grant { sid: Some(sid.to_owned()), offline: false, ..grant(id) }
}

/// A code with PKCE that becomes `grant`, good for a minute.
pub(super) fn code(name: &str, grant: Grant) -> Code {
    Code {
        digest: digest(name),
        grant,
        grant_recorded: GrantRecorded::AtRedemption,
        redirect_uri: REDIRECT_URI.to_owned(),
        code_challenge: Some(challenge(name)),
        nonce: Some(format!("nonce of {name}")),
        expires_at: START + 60,
        state: CodeState::Fresh,
    }
}

/// A code beside which tokens go out: its grant is recorded with it.
pub(super) fn code_beside_tokens(name: &str, grant: Grant) -> Code {
    Code { grant_recorded: GrantRecorded::WithCode, ..code(name, grant) }
}

pub(super) fn challenge(name: &str) -> CodeChallenge {
    CodeVerifier::parse(&format!("{name:-<43}")).expect("a verifier").challenge()
}

/// What the owner of a code brings.
pub(super) fn proof(name: &str) -> CodeProof<'static> {
    CodeProof { client_id: APP, redirect_uri: Some(REDIRECT_URI), code_challenge: Some(challenge(name)) }
}

/// What a client brings to use a refresh token: it may have every scope that these tests know.
pub(super) fn proof_of_token(client_id: &str, rotation: Rotation) -> RefreshProof<'_> {
    static EVERY: OnceLock<Scope> = OnceLock::new();
    let registered = EVERY.get_or_init(|| scope("openid read write admin"));
    RefreshProof { client_id, scope: None, registered, rotation }
}

/// A refresh token that goes out at [`START`], good for a day.
pub(super) fn issued(token: &str) -> Issued {
    issued_at(token, START)
}

pub(super) fn issued_at(token: &str, now: Time) -> Issued {
    Issued {
        refresh: Some(RefreshToken {
            digest: digest(token),
            grant_id: String::new(),
            issued_at: now,
            expires_at: now + DAY,
            state: RefreshState::Current,
        }),
    }
}

/// A session of Ada's that began at [`START`] and ends after ten days.
pub(super) fn session(name: &str, sid: &str) -> Session {
    Session {
        digest: digest(name),
        sid: sid.to_owned(),
        user_id: ADA.to_owned(),
        auth_time: START,
        amr: vec!["pwd".to_owned()],
        seen_at: START,
        expires_at: START + 10 * DAY,
    }
}

#[track_caller]
pub(super) fn done(redeemed: Redeemed) -> Authority {
    match redeemed {
        Redeemed::Done(authority) => *authority,
        other => panic!("not done: {other:?}"),
    }
}

#[track_caller]
pub(super) fn replayed(redeemed: &Redeemed, grant: &str) {
    assert!(
        matches!(redeemed, Redeemed::Replayed { grant_id } if grant_id == grant),
        "not replayed: {redeemed:?}"
    );
}

#[track_caller]
pub(super) fn refused(redeemed: &Redeemed, unfit: hallpass_server::store::Unfit) {
    assert!(matches!(redeemed, Redeemed::Refused(why) if *why == unfit), "not {unfit:?}: {redeemed:?}");
}

/// Redeems one thing 64 times at once, each time for a refresh token of its own: one is done, and the others are a second
/// use, which ends the grant `g` with everything of it.
pub(super) async fn of_64_one_is_done<F>(world: &World, redeem: impl Fn(World, String) -> F)
where
    F: Future<Output = Redeemed> + Send + 'static,
{
    let redeemed = at_once(64, |i| redeem(world.clone(), format!("r{i}"))).await;

    assert_eq!(redeemed.iter().filter(|r| matches!(r, Redeemed::Done(_))).count(), 1);
    assert_eq!(redeemed.iter().filter(|r| matches!(r, Redeemed::Replayed { .. })).count(), 63);
    assert!(!world.access_is_good("g", START).await);
    for i in 0..64 {
        assert!(!world.refresh_is_good(&format!("r{i}"), START).await);
    }
}

/// Runs `n` tasks that begin at the same moment.
pub(super) async fn at_once<T, F>(n: usize, mut task: impl FnMut(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(n));
    let tasks: Vec<_> = (0..n)
        .map(|i| {
            let (gate, task) = (gate.clone(), task(i));
            tokio::spawn(async move {
                gate.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(n);
    for task in tasks {
        results.push(task.await.expect("a task ends"));
    }
    results
}
