//! What a route needs of a token, as a type: scopes, all of some, any of some — RFC 6750 §3.1 `insufficient_scope`.
//!
//! One type drives both sides: what is enforced, and what the challenge asks the client to obtain.

use std::marker::PhantomData;

use hallpass_proto::scope::Scope as Granted;

use crate::scope::Scope;

/// A condition on the scope of a token: a [`Scope`] type, [`All`], [`Any`] or [`Authenticated`].
///
/// ```
/// use hallpass_resource::{All, Any, Requirement, scope};
///
/// scope! { Read = "items:read", "Read"; Write = "items:write", "Write"; Admin = "admin", "Everything"; }
/// type MayChange = Any<(All<(Read, Write)>, Admin)>;
///
/// assert!(MayChange::allows(&"admin".parse()?));
/// let missing = MayChange::check(&"items:read".parse()?).expect_err("it may only read");
/// assert_eq!(missing.needed.to_string(), "items:read items:write");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Requirement: Send + Sync + 'static {
    /// Whether a token with this scope may pass.
    fn allows(granted: &Granted) -> bool;

    /// The same condition written out: it is met by a token that holds all scopes of any one alternative.
    fn alternatives() -> Vec<Alternative>;

    /// Refuses a token whose scope does not reach, and says which scope would.
    ///
    /// # Errors
    /// The alternative that lacks the fewest scopes; of equals, the one that was written first.
    fn check(granted: &Granted) -> Result<(), Missing> {
        if Self::allows(granted) {
            return Ok(());
        }
        let needed = Self::alternatives().iter().map(needed).min_by_key(|needed| needed.minus(granted).len());
        Err(Missing { needed: needed.unwrap_or_default() })
    }

    /// What to ask for when nothing was presented yet: the alternative that was written first.
    fn first_choice() -> Granted {
        Self::alternatives().first().map(needed).unwrap_or_default()
    }
}

/// Scopes that are enough together.
pub type Alternative = Vec<ScopeText>;

/// A scope in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeText {
    /// The token on the wire.
    pub name: &'static str,
    /// What it lets a client do.
    pub description: &'static str,
}

/// The scope does not reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token needs the scope {needed}")]
pub struct Missing {
    /// The whole scope that a token needs, with what this one has of it already.
    pub needed: Granted,
}

/// Any valid token will do, whatever its scope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authenticated;

/// All of a tuple's requirements, of two to eight: `All<(ItemsRead, ItemsWrite)>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct All<T>(PhantomData<fn() -> T>);

/// At least one of a tuple's requirements, of two to eight: `Any<(ItemsRead, Admin)>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Any<T>(PhantomData<fn() -> T>);

impl<S: Scope> Requirement for S {
    fn allows(granted: &Granted) -> bool {
        const { assert!(hallpass_proto::scope::is_scope_token(S::NAME), "NAME is not a scope token") };
        granted.contains(S::NAME)
    }

    fn alternatives() -> Vec<Alternative> {
        vec![vec![ScopeText { name: S::NAME, description: S::DESCRIPTION }]]
    }
}

impl Requirement for Authenticated {
    fn allows(_: &Granted) -> bool {
        true
    }

    fn alternatives() -> Vec<Alternative> {
        vec![Vec::new()]
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))+) => {$(
        impl<$($part: Requirement),+> Requirement for All<($($part,)+)> {
            fn allows(granted: &Granted) -> bool {
                $($part::allows(granted))&&+
            }

            fn alternatives() -> Vec<Alternative> {
                let mut all = vec![Vec::new()];
                $(all = each_with_each(&all, &$part::alternatives());)+
                all
            }
        }

        impl<$($part: Requirement),+> Requirement for Any<($($part,)+)> {
            fn allows(granted: &Granted) -> bool {
                $($part::allows(granted))||+
            }

            fn alternatives() -> Vec<Alternative> {
                let mut any = Vec::new();
                $(any.extend($part::alternatives());)+
                any
            }
        }
    )+};
}

tuples! {
    (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H)
}

fn each_with_each(left: &[Alternative], right: &[Alternative]) -> Vec<Alternative> {
    let joined = |a: &Alternative, b: &Alternative| {
        let mut both = a.clone();
        both.extend(b.iter().filter(|scope| !a.contains(scope)));
        both
    };
    left.iter().flat_map(|a| right.iter().map(move |b| joined(a, b))).collect()
}

/// The names are scope tokens, so the text can be read; past the most tokens a scope may have, nothing is named.
fn needed(alternative: &Alternative) -> Granted {
    let names: Vec<&str> = alternative.iter().map(|scope| scope.name).collect();
    names.join(" ").parse().unwrap_or_default()
}
