//! Test tools for Hallpass: the real server in memory with a clock to turn, a browser with cookies, and the store
//! contract suite.

pub mod browser;
pub mod clock;
pub mod contract;
pub mod fixture;
pub mod html;
pub mod issuer;
pub mod log;
pub mod reply;
pub mod tokens;
pub mod web;

pub use browser::Browser;
pub use issuer::TestIssuer;
pub use reply::Reply;
pub use tokens::Tokens;
pub use web::Web;
