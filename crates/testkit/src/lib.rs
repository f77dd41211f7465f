//! Test tools for Hallpass: a clock to turn, and the store contract suite.

pub mod clock;
pub mod contract;
