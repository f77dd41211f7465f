//! Roles that an issuer puts into its tokens: in a claim of its own choice, which
//! [`JwtBuilder::roles_from`](crate::JwtBuilder::roles_from) names.

use std::marker::PhantomData;

use crate::requirement::{Alternative, Presented, Requirement};

/// Whom the token is about has the role `R`: `All<(ItemsWrite, Role<Editor>)>`. Declare `R` with
/// [`role!`](crate::role!).
///
/// A role says what a person is, a scope what a client was allowed to do for them: a route that changes something
/// wants both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Role<R>(PhantomData<fn() -> R>);

/// One role by its name. Declare one with [`role!`](crate::role!).
pub trait RoleName: Send + Sync + 'static {
    /// As it stands in tokens.
    const NAME: &'static str;
}

/// Declares roles: a type without content for each.
///
/// ```
/// use hallpass_resource::{RoleName, role};
///
/// role! { pub Editor = "editor"; pub Admin = "realm-admin"; }
/// assert_eq!(Admin::NAME, "realm-admin");
/// ```
#[macro_export]
macro_rules! role {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $role:literal;)+) => {$(
        #[doc = concat!("The role `", $role, "`.")]
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $vis struct $name;

        impl $crate::RoleName for $name {
            const NAME: &'static str = $role;
        }
    )+};
}

impl<R: RoleName> Requirement for Role<R> {
    fn allows(presented: &Presented<'_>) -> bool {
        presented.roles.iter().any(|role| role == R::NAME)
    }

    fn alternatives() -> Vec<Alternative> {
        vec![Alternative { roles: vec![R::NAME], ..Alternative::default() }]
    }
}
