//! What a person does and sees, in a real Chromium: the demo's issuer, its web app and its API.
//!
//! `cargo xtask test --only browser` starts everything and runs this. Without `WEBDRIVER_URL` each test says that it
//! was skipped. Every test drives a browser of its own, one after the other, for they are all the same person at the
//! same issuer; and every one fails on an error or a policy violation in the browser's console.

mod access;
mod accessibility;
mod browser;
mod chromium;
mod consent;
mod docs;
mod flows;
mod history;
mod keyboard;
mod person;
mod pictures;
mod places;
mod request;
mod sign_in;
mod sign_out;
mod single_page_app;
mod single_sign_out;
mod tabs;
mod tour;
mod without_javascript;
