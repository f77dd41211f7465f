//! What is minted, and how.

mod id_token;
mod subject;
mod userinfo;
mod world;
