//! Random histories: whatever happens in whatever order, an engine answers what the in-memory one answers.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use hallpass_proto::env::{Env, Time};
use hallpass_server::entity::Status;
use hallpass_server::entity::code::{Code, CodeProof, GrantRecorded};
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::device::{DeviceCode, DeviceDecision};
use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::logout::{LogoutNotice, SessionClient};
use hallpass_server::entity::refresh::{RefreshProof, Rotation};
use hallpass_server::entity::session::Session;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::memory::MemoryStore;
use hallpass_server::store::{
    AccessTokenId, CodeRedemption, DeviceRedemption, Issued, RefreshRedemption, Revocation, Store,
};

use super::devices::device;
use super::world::*;
use crate::clock::{ManualClock, SeededRng};

/// How many steps a history has.
const STEPS: usize = 2400;
/// A registration that no scope of the grants here is beyond.
const ALL: &str = "openid read write admin";

/// One history on both, compared step by step. The names are few, so that steps meet one another.
pub async fn random_histories_agree_with_the_model(store: Arc<dyn Store>) {
    let model = MemoryStore::new();
    let mut chance = Chance(Env::new(ManualClock::new(START), SeededRng::new(4711)));
    let mut now = START;
    let mut history = String::new();
    for _ in 0..STEPS {
        let step = chance.step(&mut now);
        let (expected, got) = (step.take(&model, now).await, step.take(&*store, now).await);
        let _ = writeln!(history, "{now} {step:?} → {expected}");
        assert_eq!(got, expected, "after\n{history}");
    }
    for word in [
        "Done",
        "Replayed",
        "Expired",
        "GrantEnded",
        "ScopeWithdrawn",
        "Kept",
        "Issued",
        "LogoutNotice",
        "Fault",
        "UserCodeTaken",
        "Gone",
        "Device(Pending)",
        "Device(TooSoon)",
        "Device(Denied)",
        "Device(Expired)",
    ] {
        assert!(history.contains(word), "the history is too tame: no {word} in it");
    }
}

#[derive(Debug)]
enum Step {
    PutUser(User),
    IssueCode(Box<Code>),
    Redeem {
        code: String,
        verifier: String,
        client_id: &'static str,
        token: Option<String>,
    },
    Refresh {
        token: String,
        client_id: &'static str,
        scope: &'static str,
        registered: &'static str,
        rotation: Rotation,
        next: String,
    },
    RecordGrant(Box<Grant>, Option<String>),
    IssueDevice(Box<DeviceCode>),
    Decide {
        device: String,
        decision: DeviceDecision,
    },
    Poll {
        device: String,
        client_id: &'static str,
        token: Option<String>,
    },
    RevokeRefresh {
        token: String,
        client_id: &'static str,
    },
    RevokeAccess {
        jti: String,
    },
    StartSession {
        session: Session,
        replaces: Option<String>,
    },
    Touch(String),
    EndSession(String),
    EnterSession(SessionClient),
    EndSessionsOf(&'static str),
    TakeNotices,
    Postpone(LogoutNotice),
    Settle(LogoutNotice),
    PutConsent(Consent),
    Withdraw {
        user_id: &'static str,
        client_id: &'static str,
    },
    Sweep,
    Look {
        token: String,
        grant_id: String,
        device: String,
        session: String,
        user_id: &'static str,
        login: String,
    },
}

impl Step {
    /// Takes the step; what it answered, as text.
    async fn take(&self, store: &dyn Store, now: Time) -> String {
        match self {
            Step::PutUser(user) => told(store.put_user(user).await),
            Step::IssueCode(code) => told(store.issue_code(code).await),
            Step::Redeem { code, verifier, client_id, token } => {
                let proof = CodeProof { client_id, ..proof(verifier) };
                let issued = token.as_ref().map_or(Issued { refresh: None }, |t| issued_at(t, now));
                let spends = CodeRedemption { code: digest(code), proof };
                told(store.redeem_code(&spends, &issued, now).await)
            }
            Step::Refresh { token, client_id, scope: asked, registered, rotation, next } => {
                let asked = scope(asked);
                let narrowed = Some(&asked).filter(|scope| !scope.is_empty());
                let registered = scope(registered);
                let proof =
                    RefreshProof { client_id, scope: narrowed, registered: &registered, rotation: *rotation };
                let spends = RefreshRedemption { token: digest(token), proof };
                told(store.redeem_refresh(&spends, &issued_at(next, now), now).await)
            }
            Step::RecordGrant(grant, token) => {
                let issued = token.as_ref().map_or(Issued { refresh: None }, |t| issued_at(t, now));
                told(store.record_grant(grant, &issued).await)
            }
            Step::IssueDevice(device) => told(store.issue_device(device).await),
            Step::Decide { device, decision } => {
                told(store.decide_device(digest(device), decision, now).await)
            }
            Step::Poll { device, client_id, token } => {
                let issued = token.as_ref().map_or(Issued { refresh: None }, |t| issued_at(t, now));
                let spends = DeviceRedemption { code: digest(device), client_id };
                told(store.redeem_device(&spends, &issued, now).await)
            }
            Step::RevokeRefresh { token, client_id } => {
                told(store.revoke(Revocation::Refresh { token: digest(token), client_id }, now).await)
            }
            Step::RevokeAccess { jti } => {
                told(store.revoke(Revocation::Access { jti, expires_at: now + 600 }, now).await)
            }
            Step::StartSession { session, replaces } => {
                told(store.start_session(session, replaces.as_deref().map(digest), now).await)
            }
            Step::Touch(name) => told(store.touch_session(digest(name), now).await),
            Step::EndSession(name) => told(store.end_session(digest(name), now).await),
            Step::EnterSession(entered) => told(store.enter_session(entered).await),
            Step::EndSessionsOf(user_id) => told(store.end_sessions_of(user_id, now).await),
            Step::TakeNotices => told(store.take_notices(100, now + 60, now).await),
            Step::Postpone(notice) => told(store.postpone_notice(notice, now + 5).await),
            Step::Settle(notice) => told(store.settle_notice(notice).await),
            Step::PutConsent(consent) => told(store.put_consent(consent).await),
            Step::Withdraw { user_id, client_id } => {
                told(store.withdraw_consent(user_id, client_id, now).await)
            }
            Step::Sweep => sweep(store, now).await,
            Step::Look { token, grant_id, device, session, user_id, login } => {
                let jti = format!("{grant_id}.1");
                let id = AccessTokenId { grant_id: Some(grant_id), jti: &jti };
                [
                    told(store.access_token(id, now).await),
                    told(store.refresh_token(digest(token), now).await),
                    told(store.open_device(digest(&format!("u{device}")), now).await),
                    told(store.session(digest(session), DAY, now).await),
                    told(store.consents(user_id).await),
                    told(store.user(user_id).await),
                    told(store.user_by_login(login).await),
                ]
                .join("; ")
            }
        }
    }
}

async fn sweep(store: &dyn Store, now: Time) -> String {
    let mut all = 0;
    loop {
        match store.sweep(7, now).await {
            Ok(removed) => {
                all += removed;
                if removed < 7 {
                    return format!("{all} rows");
                }
            }
            Err(fault) => return told::<()>(Err(fault)),
        }
    }
}

/// What broke is each engine's own affair; that it broke is not.
fn told<T: Debug>(answer: Result<T, Fault>) -> String {
    answer.map_or_else(|_| "Fault".to_owned(), |answer| format!("{answer:?}"))
}

/// Draws the steps.
struct Chance(Env);

impl Chance {
    fn below(&self, n: u8) -> u8 {
        self.0.bytes::<1>()[0] % n
    }

    fn one<T: Copy>(&self, of: &[T]) -> T {
        of[usize::from(self.below(of.len() as u8))]
    }

    fn name(&self, kind: &str, n: u8) -> String {
        format!("{kind}{}", self.below(n))
    }

    fn client(&self) -> &'static str {
        self.one(&[APP, APP, APP, OTHER_APP])
    }

    fn person(&self) -> &'static str {
        self.one(&[ADA, ADA, "bob"])
    }

    fn maybe(&self, name: String) -> Option<String> {
        (self.below(4) > 0).then_some(name)
    }

    fn grant(&self, now: Time) -> Grant {
        Grant {
            client_id: self.client().to_owned(),
            user_id: self.person().to_owned(),
            sid: self.maybe(self.name("sid", 3)),
            offline: self.below(2) == 0,
            created_at: now,
            expires_at: now + self.one(&[100, DAY, 30 * DAY]),
            ..grant(&self.name("g", 12))
        }
    }

    fn notice(&self) -> LogoutNotice {
        LogoutNotice {
            sid: self.name("sid", 3),
            client_id: self.client().to_owned(),
            user_id: self.person().to_owned(),
            ended_at: START,
            attempts: u32::from(self.below(3)),
            due_at: START,
        }
    }

    fn step(&mut self, now: &mut Time) -> Step {
        *now = *now + self.one(&[0, 0, 0, 0, 0, 0, 1, 5, 20, 31, 300, 2000]);
        match self.below(37) {
            0 => {
                let status = self.one(&[Status::Active, Status::Active, Status::Active, Status::Disabled]);
                let id = self.person();
                Step::PutUser(User { status, logins: vec![self.name("login", 4)], ..user(id) })
            }
            1..=3 => {
                let name = self.name("c", 8);
                let grant_recorded = self.one(&[GrantRecorded::AtRedemption, GrantRecorded::WithCode]);
                let code = code(&name, self.grant(*now));
                Step::IssueCode(Box::new(Code { grant_recorded, expires_at: *now + 60, ..code }))
            }
            4..=7 => {
                let code = self.name("c", 8);
                let verifier = if self.below(6) == 0 { "guess".to_owned() } else { code.clone() };
                Step::Redeem {
                    code,
                    verifier,
                    client_id: self.client(),
                    token: self.maybe(self.name("r", 12)),
                }
            }
            8..=12 => Step::Refresh {
                token: self.name("r", 12),
                client_id: self.client(),
                scope: self.one(&["", "", "read", "read admin"]),
                registered: self.one(&[ALL, ALL, "read"]),
                rotation: self.one(&[Rotation::Keep, ROTATE, ROTATE]),
                next: self.name("r", 12),
            },
            13 | 14 => Step::RecordGrant(Box::new(self.grant(*now)), self.maybe(self.name("r", 12))),
            15 => Step::RevokeRefresh { token: self.name("r", 12), client_id: self.client() },
            16 => Step::RevokeAccess { jti: format!("{}.1", self.name("g", 12)) },
            17 => {
                let (name, sid) = (self.name("s", 5), self.name("sid", 3));
                let session = Session {
                    user_id: self.person().to_owned(),
                    seen_at: *now,
                    expires_at: *now + self.one(&[300, 10 * DAY]),
                    ..session(&name, &sid)
                };
                Step::StartSession { session, replaces: self.maybe(self.name("s", 5)) }
            }
            18 => Step::Touch(self.name("s", 5)),
            19 => Step::EndSession(self.name("s", 5)),
            20 => Step::PutConsent(Consent {
                user_id: self.person().to_owned(),
                client_id: self.client().to_owned(),
                scope: scope(self.one(&["read", "write", "openid read"])),
                claims: [self.name("claim", 3)].into(),
                granted_at: *now,
            }),
            21 => match self.below(4) {
                0 => Step::Withdraw { user_id: self.person(), client_id: self.client() },
                _ => Step::Sweep,
            },
            22 | 23 => {
                let name = self.name("d", 4);
                let expires_at = *now + self.one(&[40, 600, DAY]);
                let client_id = self.client().to_owned();
                Step::IssueDevice(Box::new(DeviceCode {
                    asked_at: *now,
                    expires_at,
                    client_id,
                    user_code: digest(&format!("u{}", self.name("d", 4))),
                    ..device(&name)
                }))
            }
            24 => {
                let grant = Grant { sid: None, offline: true, ..self.grant(*now) };
                let decision = match self.below(4) {
                    0 => DeviceDecision::Deny,
                    _ => DeviceDecision::Approve(Box::new(grant)),
                };
                Step::Decide { device: self.name("d", 4), decision }
            }
            25..=30 => Step::Poll {
                device: self.name("d", 4),
                client_id: self.client(),
                token: self.maybe(self.name("r", 12)),
            },
            31 | 32 => Step::EnterSession(SessionClient {
                sid: self.name("sid", 3),
                client_id: self.client().to_owned(),
                user_id: self.person().to_owned(),
                expires_at: *now + self.one(&[300, 10 * DAY]),
            }),
            33 => match self.below(4) {
                0 => Step::EndSessionsOf(self.person()),
                1 => Step::Postpone(self.notice()),
                2 => Step::Settle(self.notice()),
                _ => Step::TakeNotices,
            },
            _ => Step::Look {
                token: self.name("r", 12),
                grant_id: self.name("g", 12),
                device: self.name("d", 4),
                session: self.name("s", 5),
                user_id: self.person(),
                login: self.name("login", 4),
            },
        }
    }
}
