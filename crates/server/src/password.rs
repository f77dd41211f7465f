//! Passwords of people: argon2id, on a bounded number of workers, so that a flood of sign-ins cannot starve the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use hallpass_proto::env::Env;
use hallpass_proto::secret::Secret;

use crate::fault::Fault;

/// Checks passwords, a few at a time.
pub struct Passwords {
    workers: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    /// Checked when there is no such person, so that this takes as long.
    nobody: Secret,
}

/// What a check of a password gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is the password of the hash.
    Right,
    /// It is not, or there is no hash.
    Wrong,
    /// Too many are waiting; nothing was checked.
    Overloaded,
}

impl Passwords {
    /// `workers` are hashed at once, each with 19 MiB and some 20 ms of one core; `queue` more may wait.
    pub fn new(workers: usize, queue: usize, env: &Env) -> Result<Self, Fault> {
        let nobody = hash_password(&env.token(), env)?;
        Ok(Self {
            workers: Arc::new(Semaphore::new(workers.max(1))),
            waiting: AtomicUsize::new(0),
            queue,
            nobody,
        })
    }

    /// Whether `typed` is the password of `hash`; without a hash, takes as long and says no.
    pub async fn check(&self, typed: Secret, hash: Option<Secret>) -> Result<PasswordCheck, Fault> {
        let Some(permit) = self.turn().await? else { return Ok(PasswordCheck::Overloaded) };
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let right = tokio::task::spawn_blocking(move || {
            let right = verify(&typed, &hash);
            drop(permit);
            right
        });
        let right = right.await.map_err(|_| Fault::Task("a password worker died"))??;
        Ok(if known && right { PasswordCheck::Right } else { PasswordCheck::Wrong })
    }
}

impl Passwords {
    /// The PHC string of a new password; none when too many are waiting.
    pub async fn hash(&self, password: Secret, env: &Env) -> Result<Option<Secret>, Fault> {
        let Some(permit) = self.turn().await? else { return Ok(None) };
        let env = env.clone();
        let hashed = tokio::task::spawn_blocking(move || {
            let hashed = hash_password(&password, &env);
            drop(permit);
            hashed
        });
        hashed.await.map_err(|_| Fault::Task("a password worker died"))?.map(Some)
    }

    /// Waits for a worker; none when too many are waiting already.
    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, Fault> {
        let waiting = Waiting::enter(&self.waiting);
        if waiting.before >= self.queue {
            return Ok(None);
        }
        let permit = self.workers.clone().acquire_owned().await;
        permit.map(Some).map_err(|_| Fault::Task("the password workers are gone"))
    }
}

/// Counts one caller in line, also when its future is dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self { before: count.fetch_add(1, Ordering::Relaxed), count }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The PHC string of a password: argon2id with 19 MiB, two passes, one lane (OWASP's first choice). Takes some 20 ms.
pub fn hash_password(password: &Secret, env: &Env) -> Result<Secret, Fault> {
    let salt = env.bytes::<16>();
    let hash = argon2id()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|e| Fault::PasswordHash(e.to_string()))?;
    Ok(Secret::new(hash.to_string()))
}

fn verify(typed: &Secret, hash: &Secret) -> Result<bool, Fault> {
    let hash = PasswordHash::new(hash.expose()).map_err(|e| Fault::PasswordHash(e.to_string()))?;
    Ok(argon2id()?.verify_password(typed.expose().as_bytes(), &hash).is_ok())
}

fn argon2id() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| Fault::PasswordHash(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
