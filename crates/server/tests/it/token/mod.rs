//! The token endpoint, grant by grant.

mod authorization_code;
