//! Ada, her codes, and the steps that these tests take.

use hallpass_proto::env::Time;
use hallpass_proto::secret::{Digest, Secret};
use hallpass_proto::userinfo::Claims;
use hallpass_server::entity::Status;
use hallpass_server::entity::code::{Code, CodeProof, CodeState, GrantRecorded};
use hallpass_server::entity::device::{DeviceCode, DeviceState};
use hallpass_server::entity::grant::{Grant, GrantedClaims};
use hallpass_server::entity::refresh::{RefreshProof, RefreshState, RefreshToken, Rotation};
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::{AccessTokenId, CodeRedemption, Issued, Redeemed, RefreshRedemption, Store};
use hallpass_testkit::clock::START;

pub(crate) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        logins: vec![format!("{id}@example.com")],
        password_hash: Secret::from("$argon2id$…"),
        claims: Claims::default(),
        status: Status::Active,
        created_at: START,
    }
}

/// A code of Ada's.
pub(crate) fn code(name: &str) -> Code {
    Code {
        digest: digest(name),
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

/// A device of the same client that asks.
pub(crate) fn device(name: &str) -> DeviceCode {
    DeviceCode {
        digest: digest(&format!("device {name}")),
        user_code: digest(&format!("user code {name}")),
        client_id: "app".to_owned(),
        scope: "read".parse().unwrap(),
        asked_from: None,
        asked_at: START,
        expires_at: START + 600,
        interval: 5,
        polled_at: None,
        state: DeviceState::Pending,
    }
}

/// The owner redeems a code, and is to get the refresh token `refresh of CODE`.
pub(crate) async fn redeem(store: &dyn Store, name: &str, now: Time) -> Result<Redeemed, Fault> {
    let redirect_uri = Some("https://app.example/callback");
    let proof = CodeProof { client_id: "app", redirect_uri, code_challenge: None };
    let spends = CodeRedemption { code: digest(name), proof };
    store.redeem_code(&spends, &issued(&format!("refresh of {name}"), now), now).await
}

/// The owner rotates a refresh token.
pub(crate) async fn rotate(store: &dyn Store, token: &str, next: &str, now: Time) -> Result<Redeemed, Fault> {
    let registered = "read".parse().unwrap();
    let rotation = Rotation::Rotate { grace: 30 };
    let proof = RefreshProof { client_id: "app", scope: None, registered: &registered, rotation };
    let spends = RefreshRedemption { token: digest(token), proof };
    store.redeem_refresh(&spends, &issued(next, now), now).await
}

/// Whether an access token of the grant of a code is good.
pub(crate) async fn is_good(store: &dyn Store, name: &str) -> bool {
    let (grant_id, jti) = (format!("grant of {name}"), format!("grant of {name}.1"));
    let id = AccessTokenId { grant_id: Some(&grant_id), jti: &jti };
    store.access_token(id, START).await.unwrap().is_some()
}

fn issued(token: &str, now: Time) -> Issued {
    Issued {
        refresh: Some(RefreshToken {
            digest: digest(token),
            grant_id: String::new(),
            issued_at: now,
            expires_at: now + 600,
            state: RefreshState::Current,
        }),
    }
}
