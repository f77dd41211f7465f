//! Signed tokens: vectors of the RFCs, keys and tokens that must be refused, and properties.

mod access_token;
mod claims;
mod id_token;
mod keys;
mod logout_token;
mod properties;
mod tokens;
mod vectors;
mod world;
