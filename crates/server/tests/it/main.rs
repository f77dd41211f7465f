//! The server from outside: the real router over the memory engine, time turned by hand. Mirrors `src`.

mod accounts;
mod authorize;
mod captured;
mod client_assertion;
mod client_auth;
mod client_keys;
mod conformance;
mod device;
mod endpoint;
mod failing_store;
mod fault;
mod flow;
mod http;
mod interact;
mod issue;
mod keys;
mod logout;
mod outbound;
mod register;
mod sweep;
mod token;
