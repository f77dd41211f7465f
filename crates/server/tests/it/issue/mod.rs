//! What is minted, and how.

mod subject;
