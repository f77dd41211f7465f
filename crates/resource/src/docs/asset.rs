//! The files of the page. Swagger UI's are as npm has them: `swagger-ui-dist` 5.35.0, Apache-2.0.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

/// One file.
pub(super) struct Asset {
    pub(super) path: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

pub(super) static ASSETS: [Asset; 5] = [
    Asset {
        path: "/swagger-ui-bundle.js",
        media_type: SCRIPT,
        content: include_str!("../../ui/swagger-ui/swagger-ui-bundle.js"),
    },
    Asset {
        path: "/swagger-ui.css",
        media_type: STYLE,
        content: include_str!("../../ui/swagger-ui/swagger-ui.css"),
    },
    Asset { path: "/docs.js", media_type: SCRIPT, content: include_str!("../../ui/docs/docs.js") },
    Asset { path: "/redirect.js", media_type: SCRIPT, content: include_str!("../../ui/docs/redirect.js") },
    Asset { path: "/docs.css", media_type: STYLE, content: include_str!("../../ui/docs/docs.css") },
];

impl Asset {
    pub(super) fn response(&self) -> Response {
        let headers = [
            (CONTENT_TYPE, self.media_type),
            (CACHE_CONTROL, "public, max-age=3600"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.content).into_response()
    }
}
