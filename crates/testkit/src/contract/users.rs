//! People and their logins.

use std::sync::Arc;

use hallpass_server::entity::user::User;
use hallpass_server::store::Store;

use super::world::*;

fn with_logins(id: &str, logins: &[&str]) -> User {
    User { logins: logins.iter().map(|&login| login.to_owned()).collect(), ..user(id) }
}

async fn who(store: &dyn Store, login: &str) -> Option<String> {
    store.user_by_login(login).await.expect("an answer").map(|user| user.id)
}

/// The whole account, and nothing for anybody else.
pub async fn a_person_is_found_by_id_and_by_every_login(store: Arc<dyn Store>) {
    let ada = with_logins(ADA, &["ada", "ada@example.com"]);
    store.put_user(&ada).await.unwrap();

    let found = store.user(ADA).await.unwrap().expect("Ada");

    assert_eq!((found.id, found.logins, found.claims), (ada.id, ada.logins, ada.claims));
    assert_eq!(
        (found.password_hash, found.status, found.created_at),
        (ada.password_hash, ada.status, ada.created_at)
    );
    assert_eq!(who(&*store, "ada").await.as_deref(), Some(ADA));
    assert_eq!(who(&*store, "ada@example.com").await.as_deref(), Some(ADA));
    assert_eq!(who(&*store, "bob").await, None);
    assert!(store.user("bob").await.unwrap().is_none());
}

/// A login that nobody has any more may become somebody else's.
pub async fn a_changed_login_frees_the_old_one(store: Arc<dyn Store>) {
    store.put_user(&with_logins(ADA, &["old", "kept"])).await.unwrap();

    store.put_user(&with_logins(ADA, &["kept", "new"])).await.unwrap();

    assert_eq!(who(&*store, "old").await, None);
    assert_eq!(who(&*store, "kept").await.as_deref(), Some(ADA));
    assert_eq!(who(&*store, "new").await.as_deref(), Some(ADA));
    store.put_user(&with_logins("bob", &["old"])).await.unwrap();
    assert_eq!(who(&*store, "old").await.as_deref(), Some("bob"));
}

/// Neither the login nor anything else of the account.
pub async fn a_login_of_somebody_else_records_nothing(store: Arc<dyn Store>) {
    store.put_user(&with_logins(ADA, &["ada"])).await.unwrap();
    store.put_user(&with_logins("bob", &["bob"])).await.unwrap();

    assert!(store.put_user(&with_logins("eve", &["eve", "ada"])).await.is_err());
    assert!(store.put_user(&with_logins("bob", &["robert", "ada"])).await.is_err());

    assert!(store.user("eve").await.unwrap().is_none());
    assert_eq!(store.user("bob").await.unwrap().expect("Bob").logins, ["bob"]);
    for (login, id) in [("ada", Some(ADA)), ("bob", Some("bob")), ("eve", None), ("robert", None)] {
        assert_eq!(who(&*store, login).await.as_deref(), id, "{login}");
    }
}

/// Checking and taking a login is one step.
pub async fn of_32_people_who_want_one_login_one_gets_it(store: Arc<dyn Store>) {
    let results = at_once(32, |i| {
        let store = store.clone();
        async move { store.put_user(&with_logins(&format!("person{i}"), &["wanted"])).await.is_ok() }
    })
    .await;

    assert_eq!(results.iter().filter(|ok| **ok).count(), 1);
    let winner = who(&*store, "wanted").await.expect("somebody");
    for (i, ok) in results.into_iter().enumerate() {
        let id = format!("person{i}");
        assert_eq!(store.user(&id).await.unwrap().is_some(), ok, "{id}");
        assert_eq!(winner == id, ok, "{id}");
    }
}
