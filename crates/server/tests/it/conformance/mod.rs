//! What the OpenID Foundation's conformance suite checks, as tests of our own: each says in its first line which module
//! of the suite it stands for. Black box, through the pages, for every response type.

mod codes;
mod core;
mod discovery;
mod id_token;
mod keys;
mod logout;
mod parameters;
mod prompt;
mod redirect_uri;
mod registration;
mod scope;
mod userinfo;
mod world;
