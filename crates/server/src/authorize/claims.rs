//! The `claims` parameter — OpenID Connect Core §5.5. It is not supported, so it is ignored, but for the one demand that
//! must not be met by less.

use hallpass_proto::param::Form;
use serde_json::Value;

use crate::refusal::Refusal;

/// §5.5.1.1: if an essential `acr` "cannot be met, … the Authorization Server MUST treat that outcome as a failed
/// authentication attempt". No sign-in here has an `acr`, so none can be met.
pub(super) fn refuse_essential_acr(form: &Form<'_>) -> Result<(), Refusal> {
    let claims: Option<Value> = form.get("claims").and_then(|text| serde_json::from_str(text).ok());
    let essential = claims.as_ref().and_then(|claims| claims.pointer("/id_token/acr/essential"));
    if essential == Some(&Value::Bool(true)) { Err(Refusal::AcrUnmet) } else { Ok(()) }
}
