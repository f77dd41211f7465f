//! People who are kept elsewhere.

mod ended;
mod failing;
mod sign_in;
mod world;
