//! `GET /me`: what the presented token says.

use axum::Json;
use hallpass_resource::Claims;
use hallpass_resource::prelude::*;

/// All claims of the token, to anybody who holds a valid one.
pub(super) async fn show(auth: Auth<Authenticated>) -> Json<Claims> {
    Json(auth.claims)
}
