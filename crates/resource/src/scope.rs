//! Scopes as types — RFC 6749 §3.3: declared once, and then enforced, named in challenges and described from the type.

/// One scope token. Declare one with [`scope!`](crate::scope!).
///
/// Every type with this trait is a [`Requirement`](crate::Requirement) too: that the token holds the scope.
pub trait Scope: Send + Sync + 'static {
    /// The token on the wire, such as `items:read`.
    const NAME: &'static str;
    /// What it lets a client do, in words for the person who is asked.
    const DESCRIPTION: &'static str;
}

/// Declares scopes: a type without content for each, named, spelled and described in one place.
///
/// ```
/// use hallpass_resource::{Scope, scope};
///
/// scope! {
///     /// For the list and for single items.
///     pub ItemsRead = "items:read", "Read items";
///     pub ItemsWrite = "items:write", "Create items";
/// }
/// assert_eq!(ItemsRead::NAME, "items:read");
/// assert_eq!(ItemsWrite::DESCRIPTION, "Create items");
/// ```
///
/// A text that cannot be a scope token does not compile:
///
/// ```compile_fail
/// hallpass_resource::scope! { pub Broken = "items read", "A space separates scopes"; }
/// ```
///
/// ```compile_fail
/// hallpass_resource::scope! { pub Empty = "", "A scope has at least one character"; }
/// ```
#[macro_export]
macro_rules! scope {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $token:literal, $description:literal;)+) => {$(
        #[doc = concat!($description, ": `", $token, "`.")]
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $vis struct $name;

        impl $crate::Scope for $name {
            const NAME: &'static str = $token;
            const DESCRIPTION: &'static str = $description;
        }

        const _: () = assert!(
            $crate::is_scope_token($token),
            concat!("not a scope token (RFC 6749, section 3.3): ", $token),
        );
    )+};
}
