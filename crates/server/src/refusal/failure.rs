//! A rule that the peer broke, or something that broke here.

use hallpass_proto::error::ErrorCode;

use super::Refusal;
use crate::fault::Fault;

/// No, for one of two reasons: the peer broke a rule, or we broke.
#[derive(Debug)]
pub enum Failure {
    /// The peer broke a rule.
    Refusal(Refusal),
    /// Something broke here.
    Fault(Fault),
}

impl Failure {
    /// The code on the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refusal(refusal) => refusal.code(),
            Self::Fault(fault) => fault.code(),
        }
    }
}

impl<R: Into<Refusal>> From<R> for Failure {
    fn from(refusal: R) -> Self {
        Self::Refusal(refusal.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
