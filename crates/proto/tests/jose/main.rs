//! Signed and encrypted tokens: vectors of the RFCs, keys and tokens that must be refused, and properties.

mod access_token;
mod claims;
mod id_token;
mod jwe;
mod jwe_vectors;
mod keys;
mod logout_token;
mod properties;
mod tokens;
mod vectors;
mod world;
