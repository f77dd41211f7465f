//! What a route needs of a token, as a type: scopes, roles, a fresh or strong sign-in; all of some, any of some — RFC
//! 6750 §3.1 `insufficient_scope`, RFC 9470 `insufficient_user_authentication`.
//!
//! One type drives both sides: what is enforced, and what the challenge asks the client to obtain.

use std::marker::PhantomData;

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope as Granted;

use crate::scope::Scope;
use crate::step_up::StepUp;
use crate::token::Token;

/// A condition on a token: a [`Scope`] type, [`All`], [`Any`], [`Authenticated`], [`Role`](crate::Role),
/// [`Acr`](crate::Acr) or [`MaxAge`](crate::MaxAge).
///
/// ```
/// use hallpass_resource::{All, Any, Presented, Requirement, scope};
///
/// scope! { Read = "items:read", "Read"; Write = "items:write", "Write"; Admin = "admin", "Everything"; }
/// type MayChange = Any<(All<(Read, Write)>, Admin)>;
///
/// assert!(MayChange::allows(&Presented::of_scope(&"admin".parse()?)));
/// let missing = MayChange::check(&Presented::of_scope(&"items:read".parse()?)).expect_err("it may only read");
/// assert_eq!(missing.to_string(), "the token needs the scope items:read items:write");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Requirement: Send + Sync + 'static {
    /// Whether this token may pass.
    fn allows(presented: &Presented<'_>) -> bool;

    /// The same condition written out: it is met by a token that meets any one alternative whole.
    fn alternatives() -> Vec<Alternative>;

    /// Refuses a token that does not reach, and says what would.
    ///
    /// # Errors
    /// What the nearest alternative lacks: the one that lacks the fewest scopes; of equals, the one written first. A
    /// client that has the scope is told what its sign-in lacks.
    fn check(presented: &Presented<'_>) -> Result<(), Missing> {
        if Self::allows(presented) {
            return Ok(());
        }
        let lacks = |alternative: &Alternative| alternative.scope().minus(presented.scope).len();
        match Self::alternatives().into_iter().min_by_key(lacks) {
            Some(nearest) => Err(nearest.missing(presented)),
            None => Err(Missing::Scope { needed: Granted::empty() }),
        }
    }

    /// What to ask for when nothing was presented yet: the alternative that was written first.
    fn first_choice() -> Granted {
        Self::alternatives().first().map(Alternative::scope).unwrap_or_default()
    }
}

/// What a requirement looks at.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The scope of the token.
    pub scope: &'a Granted,
    /// The roles of whom it is about.
    pub roles: &'a [String],
    /// How well the person was authenticated.
    pub acr: Option<&'a str>,
    /// When the person signed in.
    pub auth_time: Option<Time>,
    /// The time now.
    pub now: Time,
}

impl<'a> Presented<'a> {
    /// Of a verified token.
    pub fn of(token: &'a Token, now: Time) -> Self {
        Self {
            scope: &token.scope,
            roles: &token.roles,
            acr: token.acr.as_deref(),
            auth_time: token.auth_time,
            now,
        }
    }

    /// Of a token that has a scope, and says nothing else.
    pub fn of_scope(scope: &'a Granted) -> Self {
        Self { scope, roles: &[], acr: None, auth_time: None, now: Time::from_unix(0) }
    }
}

/// What is enough together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternative {
    /// The token holds all of these scopes.
    pub scopes: Vec<ScopeText>,
    /// Whom it is about has all of these roles.
    pub roles: Vec<&'static str>,
    /// How, and how long ago, the person signed in.
    pub step_up: StepUp,
}

impl Alternative {
    /// Whether any valid token meets it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Its scopes. The names are scope tokens, so the text can be read; past the most tokens a scope may have, nothing is
    /// named.
    pub fn scope(&self) -> Granted {
        let names: Vec<&str> = self.scopes.iter().map(|scope| scope.name).collect();
        names.join(" ").parse().unwrap_or_default()
    }

    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.scopes.extend(other.scopes.iter().filter(|scope| !self.scopes.contains(scope)));
        both.roles.extend(other.roles.iter().filter(|role| !self.roles.contains(role)));
        both.step_up = self.step_up.and(&other.step_up);
        both
    }

    fn missing(&self, presented: &Presented<'_>) -> Missing {
        let needed = self.scope();
        if !needed.is_subset(presented.scope) {
            return Missing::Scope { needed };
        }
        match self.roles.iter().find(|role| !presented.roles.iter().any(|has| has == *role)) {
            Some(role) => Missing::Role { needed: role },
            None => Missing::Authentication(self.step_up.clone()),
        }
    }
}

/// A scope in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeText {
    /// The token on the wire.
    pub name: &'static str,
    /// What it lets a client do.
    pub description: &'static str,
}

/// What a token lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The scope does not reach.
    #[error("the token needs the scope {needed}")]
    Scope {
        /// The whole scope that a token needs, with what this one has of it already.
        needed: Granted,
    },
    /// Whom the token is about does not have the role. No token of theirs will do.
    #[error("the role {needed} is needed")]
    Role {
        /// The role.
        needed: &'static str,
    },
    /// The person must sign in again, or in a stronger way.
    #[error("the user must authenticate: {0}")]
    Authentication(StepUp),
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
    fn allows(presented: &Presented<'_>) -> bool {
        const { assert!(hallpass_proto::scope::is_scope_token(S::NAME), "NAME is not a scope token") };
        presented.scope.contains(S::NAME)
    }

    fn alternatives() -> Vec<Alternative> {
        let scopes = vec![ScopeText { name: S::NAME, description: S::DESCRIPTION }];
        vec![Alternative { scopes, ..Alternative::default() }]
    }
}

impl Requirement for Authenticated {
    fn allows(_: &Presented<'_>) -> bool {
        true
    }

    fn alternatives() -> Vec<Alternative> {
        vec![Alternative::default()]
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))+) => {$(
        impl<$($part: Requirement),+> Requirement for All<($($part,)+)> {
            fn allows(presented: &Presented<'_>) -> bool {
                $($part::allows(presented))&&+
            }

            fn alternatives() -> Vec<Alternative> {
                let mut all = vec![Alternative::default()];
                $(all = each_with_each(&all, &$part::alternatives());)+
                all
            }
        }

        impl<$($part: Requirement),+> Requirement for Any<($($part,)+)> {
            fn allows(presented: &Presented<'_>) -> bool {
                $($part::allows(presented))||+
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
    left.iter().flat_map(|a| right.iter().map(move |b| a.and(b))).collect()
}
