//! A directory of its own for each test.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hallpass_proto::env::Time;
use hallpass_proto::secret::{Digest, Secret};
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::code::{Code, CodeProof, CodeState, GrantRecorded};
use hallpass_server::entity::grant::{Grant, GrantedClaims};
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{CodeRedemption, Issued, Redeemed, Store};
use hallpass_store::sqlite::SqliteStore;
use hallpass_testkit::clock::START;
use hallpass_testkit::contract::Engine;

/// A directory that goes with the test.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("hallpass.db")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Engine for Disk {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.database()).unwrap())
    }
}

/// Somebody with a claim of some size.
pub(crate) fn user(id: &str, size: usize) -> User {
    let mut claims = Claims::default();
    claims.0.insert("name".to_owned(), "x".repeat(size).into());
    User {
        id: id.to_owned(),
        logins: vec![format!("{id}@example.com")],
        password_hash: Secret::from("$argon2id$…"),
        claims,
        status: Status::Active,
        created_at: START,
    }
}

/// A code of Ada's.
pub(crate) fn code(name: &str) -> Code {
    Code {
        digest: Digest::of(name.as_bytes()),
        grant: Grant {
            id: format!("grant of {name}"),
            client_id: "app".to_owned(),
            user_id: "ada".to_owned(),
            scope: "read".parse().unwrap(),
            audience: Vec::new(),
            auth_time: START,
            amr: Vec::new(),
            acr: None,
            claims: GrantedClaims::default(),
            sid: None,
            offline: true,
            created_at: START,
            expires_at: START + 3600,
            revoked_at: None,
        },
        grant_recorded: GrantRecorded::AtRedemption,
        redirect_uri: "https://app.example/callback".to_owned(),
        code_challenge: None,
        nonce: None,
        expires_at: START + 60,
        state: CodeState::Fresh,
    }
}

/// The owner redeems a code.
pub(crate) async fn redeem(store: &dyn Store, name: &str, now: Time) -> Result<Redeemed, Fault> {
    let redirect_uri = Some("https://app.example/callback");
    let proof = CodeProof { client_id: "app", redirect_uri, code_challenge: None };
    let spends = CodeRedemption { code: Digest::of(name.as_bytes()), proof };
    store.redeem_code(&spends, &Issued { refresh: None }, now).await
}
