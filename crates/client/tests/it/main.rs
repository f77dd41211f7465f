//! The client against an issuer that tells the truth, and one that lies.

mod callback;
mod device;
mod discovery;
mod id_token;
mod implicit;
mod keys;
mod login;
mod logs;
mod token;
mod token_source;
mod transport;
mod userinfo;
mod world;
