//! The in-memory engine keeps the store contract.

hallpass_testkit::contract!(hallpass_testkit::contract::Memory);
