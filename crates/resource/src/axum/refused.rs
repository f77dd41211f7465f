//! A refusal as axum's response.

use axum::response::{IntoResponse, Response};

use crate::refusal::Refused;

impl IntoResponse for Refused {
    /// Logs the reason, and answers with the challenge and the body.
    fn into_response(self) -> Response {
        self.log();
        self.to_response()
    }
}
