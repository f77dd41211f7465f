//! A sign-in that is fresh or strong enough — RFC 9470, OAuth 2.0 Step Up Authentication Challenge Protocol.

use std::fmt;
use std::marker::PhantomData;

use crate::requirement::{Alternative, Presented, Requirement};

/// The person signed in at most so many seconds ago: `All<(Payments, MaxAge<300>)>`.
///
/// A token without `auth_time` does not pass: a client that acts for itself has nobody to sign in.
#[derive(Clone, Copy, Debug, Default)]
pub struct MaxAge<const SECONDS: u32>;

/// The person signed in with one of the values of `L`: `All<(Payments, Acr<Phishing>)>`. Declare `L` with
/// [`acr!`](crate::acr!).
#[derive(Clone, Copy, Debug, Default)]
pub struct Acr<L>(PhantomData<fn() -> L>);

/// Values of `acr` of which any is enough, the preferred one first. Declare one with [`acr!`](crate::acr!).
pub trait AcrValues: Send + Sync + 'static {
    /// As they stand in tokens. None holds a space.
    const VALUES: &'static [&'static str];
}

/// Declares how well a person must be authenticated: a type without content for each.
///
/// ```
/// use hallpass_resource::{Acr, AcrValues, All, MaxAge, acr, scope};
///
/// acr! { pub Strong = "phr", "phrh"; }
/// scope! { pub Payments = "payments", "Make payments"; }
/// type MayPay = All<(Payments, Acr<Strong>, MaxAge<300>)>;
/// assert_eq!(Strong::VALUES, ["phr", "phrh"]);
/// ```
///
/// A value that `acr_values` cannot carry does not compile:
///
/// ```compile_fail
/// hallpass_resource::acr! { pub Broken = "a b"; }
/// ```
#[macro_export]
macro_rules! acr {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $($value:literal),+;)+) => {$(
        #[doc = concat!("Authenticated by any of:", $(" `", $value, "`"),+, ".")]
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $vis struct $name;

        impl $crate::AcrValues for $name {
            const VALUES: &'static [&'static str] = &[$($value),+];
        }

        $(const _: () = assert!(
            $crate::is_acr_value($value),
            concat!("not one value of acr_values: ", $value),
        );)+
    )+};
}

/// Whether a text can stand in `acr_values`: visible ASCII without a space, a quote or a backslash.
pub const fn is_acr_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

/// How, and how long ago, a person must have signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepUp {
    /// One of the values of each.
    pub acr_values: Vec<&'static [&'static str]>,
    /// Seconds since the sign-in, at most.
    pub max_age: Option<u32>,
}

impl StepUp {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The values of `acr` that meet it, for the challenge: those that meet every part.
    pub fn values(&self) -> Vec<&'static str> {
        let Some((first, rest)) = self.acr_values.split_first() else { return Vec::new() };
        first.iter().copied().filter(|value| rest.iter().all(|values| values.contains(value))).collect()
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut acr_values = self.acr_values.clone();
        acr_values.extend(other.acr_values.iter().filter(|values| !self.acr_values.contains(values)));
        let max_age = match (self.max_age, other.max_age) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { acr_values, max_age }
    }
}

impl fmt::Display for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        if !self.acr_values.is_empty() {
            parts.push(format!("acr {}", self.values().join(" or ")));
        }
        if let Some(seconds) = self.max_age {
            parts.push(format!("within the last {seconds} s"));
        }
        f.write_str(&parts.join(", "))
    }
}

impl<const SECONDS: u32> Requirement for MaxAge<SECONDS> {
    fn allows(presented: &Presented<'_>) -> bool {
        presented.auth_time.is_some_and(|at| presented.now.since(at) <= i64::from(SECONDS))
    }

    fn alternatives() -> Vec<Alternative> {
        let step_up = StepUp { acr_values: Vec::new(), max_age: Some(SECONDS) };
        vec![Alternative { step_up, ..Alternative::default() }]
    }
}

impl<L: AcrValues> Requirement for Acr<L> {
    fn allows(presented: &Presented<'_>) -> bool {
        presented.acr.is_some_and(|acr| L::VALUES.contains(&acr))
    }

    fn alternatives() -> Vec<Alternative> {
        let step_up = StepUp { acr_values: vec![L::VALUES], max_age: None };
        vec![Alternative { step_up, ..Alternative::default() }]
    }
}
