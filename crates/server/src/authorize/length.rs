//! How long a parameter may be that travels with the pages: it stands in URLs, sealed, and those have an end.

use hallpass_proto::param::Form;

use crate::refusal::Refusal;

/// The longest `state`, in bytes.
pub(crate) const STATE: usize = 4096;
/// The longest value of any other parameter that travels.
pub(crate) const OTHERS: usize = 2048;

/// Refuses a parameter that is longer than `longest` bytes.
pub(crate) fn within(form: &Form<'_>, name: &'static str, longest: usize) -> Result<(), Refusal> {
    match form.get(name) {
        Some(value) if value.len() > longest => Err(Refusal::ParameterTooLong { name, longest }),
        Some(_) | None => Ok(()),
    }
}
