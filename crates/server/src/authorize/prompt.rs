//! `prompt` and `max_age` — OpenID Connect Core §3.1.2.1 — and the parameters that are refused rather than ignored.

use hallpass_proto::authorize::Prompt;
use hallpass_proto::param::Form;

use crate::core::Core;
use crate::refusal::Refusal;

/// The largest whole number that every JSON reader agrees on.
const LARGEST: i64 = 1 << 53;

pub(super) fn prompt(form: &Form<'_>) -> Result<Vec<Prompt>, Refusal> {
    form.get("prompt").map_or(Ok(Vec::new()), |text| Prompt::parse_list(text).ok_or(Refusal::PromptMalformed))
}

/// Where nobody can make an account, `create` is as unknown as the metadata say.
pub(super) fn create(core: &Core, prompt: &[Prompt]) -> Result<(), Refusal> {
    if prompt.contains(&Prompt::Create) && !core.config.sign_up {
        Err(Refusal::PromptMalformed)
    } else {
        Ok(())
    }
}

pub(super) fn max_age(form: &Form<'_>) -> Result<Option<i64>, Refusal> {
    let Some(text) = form.get("max_age") else { return Ok(None) };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(seconds) if digits && seconds <= LARGEST => Ok(Some(seconds)),
        Ok(_) | Err(_) => Err(Refusal::MaxAgeMalformed),
    }
}

/// §7.2.1: a request whose client stands in it must not be taken for one without it.
pub(super) fn refuse_unsupported(form: &Form<'_>) -> Result<(), Refusal> {
    if form.get("registration").is_some() { Err(Refusal::Registration) } else { Ok(()) }
}
