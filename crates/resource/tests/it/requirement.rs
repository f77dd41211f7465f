//! What a route needs, and that the challenge asks for just that — RFC 6750 §3.1.

use hallpass_proto::error::ErrorCode;
use hallpass_proto::scope::Scope as Granted;
use hallpass_resource::{All, Any, Authenticated, Missing, Presented, Requirement, scope};
use http::StatusCode;
use proptest::prelude::*;

use crate::world::{World, bearer};

scope! {
    A = "a", "First";
    B = "b", "Second";
    C = "c", "Third";
    D = "d", "Fourth";
}

fn granted(text: &str) -> Granted {
    text.parse().expect("a scope")
}

fn missing<R: Requirement>(text: &str) -> Option<String> {
    lacks::<R>(&granted(text)).map(|needed| needed.to_string())
}

/// The scope that is asked for.
fn lacks<R: Requirement>(granted: &Granted) -> Option<Granted> {
    match R::check(&Presented::of_scope(granted)) {
        Ok(()) => None,
        Err(Missing::Scope { needed }) => Some(needed),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_algebra() {
    assert_eq!(missing::<A>("a b"), None);
    assert_eq!(missing::<A>("b"), Some("a".into()));
    assert_eq!(missing::<All<(A, B)>>("b c a"), None);
    assert_eq!(missing::<All<(A, B)>>("b"), Some("a b".into()));
    assert_eq!(missing::<Any<(A, B)>>("b"), None);
    assert_eq!(missing::<Any<(A, B)>>("c"), Some("a".into()));
    assert_eq!(missing::<Authenticated>(""), None);
}

/// A scope is not a prefix, and not another case.
#[test]
fn scopes_are_compared_whole() {
    for text in ["", "A", "aa", "a:b", "b"] {
        assert_eq!(missing::<A>(text), Some("a".into()), "{text:?}");
    }
}

#[test]
fn the_nearest_alternative_is_asked_for() {
    type Either = Any<(All<(A, B, C)>, D)>;
    assert_eq!(
        missing::<Either>("a b"),
        Some("a b c".into()),
        "both lack one scope: the first that was written"
    );
    assert_eq!(missing::<Either>("a"), Some("d".into()));
    assert_eq!(Either::first_choice().to_string(), "a b c");
}

#[test]
fn alternatives_multiply_out_and_name_each_scope_once() {
    let names: Vec<Vec<&str>> = All::<(Any<(A, B)>, Any<(B, C)>)>::alternatives()
        .iter()
        .map(|all| all.scopes.iter().map(|scope| scope.name).collect())
        .collect();
    assert_eq!(names, [vec!["a", "b"], vec!["a", "c"], vec!["b"], vec!["b", "c"]]);
}

fn agree<R: Requirement>(granted: &Granted) -> bool {
    let written_out =
        R::alternatives().iter().any(|all| all.scopes.iter().all(|scope| granted.contains(scope.name)));
    let allowed = |granted: &Granted| R::allows(&Presented::of_scope(granted));
    allowed(granted) == written_out && lacks::<R>(granted).is_none_or(|needed| allowed(&needed))
}

proptest! {
    /// What is enforced, what is written out and what is asked for are one and the same.
    #[test]
    fn enforcement_and_challenge_agree(tokens in proptest::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5)) {
        let granted = granted(&tokens.join(" "));
        prop_assert!(agree::<Authenticated>(&granted));
        prop_assert!(agree::<A>(&granted));
        prop_assert!(agree::<All<(A, B, C)>>(&granted));
        prop_assert!(agree::<Any<(A, All<(B, C)>, D)>>(&granted));
        prop_assert!(agree::<All<(Any<(A, B)>, Any<(B, C)>, D)>>(&granted));
        prop_assert!(agree::<All<(A, Authenticated)>>(&granted));
        prop_assert!(agree::<Any<(A, Authenticated)>>(&granted));
    }
}

#[tokio::test]
async fn no_token_is_401_the_wrong_scope_403_the_right_one_passes() {
    let world = World::new();
    let nothing = world.protect.authorize::<All<(A, B)>>(&http::HeaderMap::new()).await.expect_err("refused");
    assert_eq!(nothing.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(nothing.challenge().expect("a challenge").to_string(), r#"Bearer scope="a b""#);

    let wrong =
        world.protect.authorize::<All<(A, B)>>(&bearer(&world.token("a c"))).await.expect_err("refused");
    let challenge = wrong.challenge().expect("a challenge");
    assert_eq!(
        (wrong.status(), &challenge.error),
        (StatusCode::FORBIDDEN, &Some(ErrorCode::InsufficientScope))
    );
    assert_eq!(challenge.scope, Some(granted("a b")));

    let right = world.protect.authorize::<All<(A, B)>>(&bearer(&world.token("b a"))).await.expect("passes");
    assert_eq!(right.scope, granted("b a"));
}

/// A bad token is 401 whatever the route needs: the scope of a token that is not believed says nothing.
#[tokio::test]
async fn a_bad_token_is_never_403() {
    let world = World::new();
    let token = world.token("c");
    world.clock.turn(3600);
    let refused = world.protect.authorize::<A>(&bearer(&token)).await.expect_err("refused");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}
