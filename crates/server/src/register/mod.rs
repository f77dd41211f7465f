//! The rules of client metadata — RFC 7591 §2, OpenID Connect Registration §2, and the logout specs: values, defaults,
//! and what goes together. There is one set of them: for the clients of a configuration file, for those that an
//! operator adds by command, and for those that register themselves at `/register`.
//!
//! `rules.rs` makes [`ClientMetadata`](hallpass_proto::registration::ClientMetadata) into a
//! [`Client`](crate::entity::client::Client), or says all that is wrong, as [`Wrong`]; `print.rs` is the way back. What
//! the server cannot do cannot be registered: the lists are those of its own metadata document.
//! Those who register themselves are also held to `limits.rs` and to the operator's [`policy`].

mod algs;
mod flows;
mod limits;
pub mod policy;
mod print;
mod rule;
mod rules;
pub(crate) mod sector;
pub(crate) mod statement;
mod uris;

pub use print::metadata_of;
pub use rule::{Rule, Wrong};
pub use rules::{Registrant, Rules};
