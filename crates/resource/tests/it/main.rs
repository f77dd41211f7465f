//! A resource server as its clients see it: real keys, real tokens, a clock that the test turns.

mod api;
mod axum;
mod bearer;
mod jwt;
mod keys;
mod layer;
mod logs;
mod remembered;
mod requirement;
mod world;
