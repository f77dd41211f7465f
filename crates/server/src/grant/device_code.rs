//! `urn:ietf:params:oauth:grant-type:device_code` — RFC 8628 §3.4: a device asks whether the person has answered.

use hallpass_proto::param::Form;
use hallpass_proto::token::DEVICE_CODE;

use super::{Award, Decision, Grant, TokenCx};

pub(super) struct DeviceCode;

impl Grant for DeviceCode {
    fn name(&self) -> &'static str {
        DEVICE_CODE
    }

    /// Whether the code fits the client, was answered, and is not asked for too often is checked by the store, in the
    /// step that spends it ([`crate::entity::device::DeviceCode::check`]).
    fn decide<'a>(&'a self, _: &'a TokenCx<'a>, form: &'a Form<'_>) -> Decision<'a> {
        Box::pin(async move { Ok(Award::Device { device_code: form.require("device_code")?.into() }) })
    }
}
