//! A resource server as its clients see it: real keys, real tokens, a clock that the test turns.

mod any;
mod api;
mod axum;
mod bearer;
mod deny;
mod introspect;
mod jwt;
mod keys;
mod layer;
mod logs;
mod mapping;
mod remembered;
mod requirement;
mod rotation;
mod step_up;
mod world;
