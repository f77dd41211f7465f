//! What a person sees.

use hallpass_testkit::Reply;
use hallpass_testkit::html::forms;

/// Whether a page has a form of this id.
pub(crate) fn shows(page: &Reply, form: &str) -> bool {
    forms(&page.body).iter().any(|shown| shown.id == form)
}

/// Sees that this is an error page, and that the browser is sent nowhere.
#[track_caller]
pub(crate) fn assert_error_page(page: &Reply) {
    let told = format!("{} {} {}", page.status, page.header("location"), page.body);
    assert!(page.status.is_client_error() && page.header("location").is_empty(), "{told}");
    assert!(page.body.contains("id=\"error-code\""), "{told}");
}
