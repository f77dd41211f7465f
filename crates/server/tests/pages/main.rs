//! The pages as shipped: what a browser, a screen reader and an attacker make of them.

mod forms;
mod hostile;
mod structure;
mod stylesheet;
mod tags;
mod world;
