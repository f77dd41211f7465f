//! Hallpass.
fn main() {}
