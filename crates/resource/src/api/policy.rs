//! What a handler's first argument says of who may call it, read from its type when it is registered.

use crate::axum::{Auth, Public};
use crate::requirement::{Alternative, Requirement};

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anybody.
    Public,
    /// Anybody without a token; who presents one must meet any one alternative.
    Optional(Vec<Alternative>),
    /// Whoever presents a token that meets any one alternative.
    Required(Vec<Alternative>),
}

impl Rule {
    /// What is enough; none for [`Rule::Public`].
    pub fn alternatives(&self) -> &[Alternative] {
        match self {
            Self::Public => &[],
            Self::Optional(alternatives) | Self::Required(alternatives) => alternatives,
        }
    }

    /// Whether a token can be refused here for what its scope or its roles lack.
    pub(crate) fn asks_for_scopes(&self) -> bool {
        !self.alternatives().is_empty()
            && self.alternatives().iter().all(|all| !all.scopes.is_empty() || !all.roles.is_empty())
    }
}

/// An argument that says who may call: [`Auth`], an `Option` of it, or [`Public`].
///
/// An extractor of your own that has an `Auth` inside may say the same; it must then refuse what its rule refuses.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may call this handler",
    label = "not a policy",
    note = "the first argument of a handler must be `Auth<…>`, `Option<Auth<…>>` or `Public`"
)]
pub trait Policy {
    /// Who may call.
    fn rule() -> Rule;
}

impl<R: Requirement, C> Policy for Auth<R, C> {
    fn rule() -> Rule {
        Rule::Required(R::alternatives())
    }
}

impl<R: Requirement, C> Policy for Option<Auth<R, C>> {
    fn rule() -> Rule {
        Rule::Optional(R::alternatives())
    }
}

impl Policy for Public {
    fn rule() -> Rule {
        Rule::Public
    }
}

/// A handler whose first argument is a [`Policy`]. Every such async function is one; `Args` is found by inference.
#[diagnostic::on_unimplemented(
    message = "this handler does not say who may call it",
    label = "its first argument is not a policy",
    note = "the first argument of a handler must be `Auth<…>`, `Option<Auth<…>>` or `Public`"
)]
pub trait Secured<Args> {
    /// The first argument.
    type Policy: Policy;
}

macro_rules! handlers {
    ($(($($rest:ident),*))+) => {$(
        impl<F, Answer, First, $($rest),*> Secured<(First, $($rest,)*)> for F
        where
            F: FnOnce(First, $($rest),*) -> Answer,
            First: Policy,
        {
            type Policy = First;
        }
    )+};
}

// As many arguments as axum takes.
handlers! {
    ()
    (B)
    (B, C)
    (B, C, D)
    (B, C, D, E)
    (B, C, D, E, G)
    (B, C, D, E, G, H)
    (B, C, D, E, G, H, I)
    (B, C, D, E, G, H, I, J)
    (B, C, D, E, G, H, I, J, K)
    (B, C, D, E, G, H, I, J, K, L)
    (B, C, D, E, G, H, I, J, K, L, M)
    (B, C, D, E, G, H, I, J, K, L, M, N)
    (B, C, D, E, G, H, I, J, K, L, M, N, O)
    (B, C, D, E, G, H, I, J, K, L, M, N, O, P)
    (B, C, D, E, G, H, I, J, K, L, M, N, O, P, Q)
}
