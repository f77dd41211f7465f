//! People who are kept elsewhere, and the store's engines, which know of nobody but the rows of their own.
//!
//! An engine asks in each of its steps whether a person is there and not disabled. So whoever signs in gets a row, with
//! nothing in it but the `id`; and whoever turns out to be gone gets that row disabled, which ends in one step every
//! session and token that the engines hold.

use hallpass_proto::env::Time;

use super::Kept;
use crate::core::Core;
use crate::entity::Status;
use crate::entity::user::User;
use crate::event::Event;
use crate::fault::Fault;

/// OpenID Connect Core §2: `sub` "MUST NOT exceed 255 ASCII characters in length".
const LONGEST_ID: usize = 255;

/// Lets a person in who has just shown who they are: sessions and grants of theirs can be recorded from here on.
pub(crate) async fn admit(core: &Core, user: &User) -> Result<(), Fault> {
    if core.accounts.kept() == Kept::InStore {
        return Ok(());
    }
    if user.id.is_empty() || user.id.len() > LONGEST_ID || !user.id.is_ascii() {
        return Err(Fault::Accounts("an id must be of 1 to 255 ASCII characters".to_owned()));
    }
    core.store.put_user(&row(&user.id, user.created_at, Status::Active)).await
}

/// The person as they are now, of whom the store holds `held`; none where they are gone or disabled.
pub(crate) async fn current(core: &Core, held: User) -> Result<Option<User>, Fault> {
    if core.accounts.kept() == Kept::InStore {
        return Ok(Some(held));
    }
    let found = core.accounts.find(&held.id).await?;
    let there = found.filter(|user| user.id == held.id && user.status == Status::Active);
    if there.is_none() {
        core.store.put_user(&row(&held.id, held.created_at, Status::Disabled)).await?;
        Event::AccountEnded { user_id: &held.id }.record();
    }
    Ok(there)
}

fn row(id: &str, created_at: Time, status: Status) -> User {
    User { status, ..User::new(id, created_at) }
}
