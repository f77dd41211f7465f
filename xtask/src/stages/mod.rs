//! The stages, in the order that they run: what fails soonest comes first.

mod browser;
mod deny;
mod interop;
mod lint;
mod postgres;
mod tests;

use crate::stage::{Need, Stage};

/// Every stage. No name is another one's start with a hyphen: the servers beside a stage log to `STAGE-….log`.
pub(crate) const ALL: &[Stage] = &[
    Stage { name: "fmt", what: "the code is formatted", needs: &[Need::Rustfmt], run: lint::fmt },
    Stage {
        name: "deny",
        what: "licences, banned crates and sources of the dependencies",
        needs: &[Need::CargoDeny],
        run: deny::graph,
    },
    Stage {
        name: "advisories",
        what: "known vulnerabilities of the dependencies",
        needs: &[Need::CargoDeny],
        run: deny::advisories,
    },
    Stage { name: "clippy", what: "no warning in any target", needs: &[Need::Clippy], run: lint::clippy },
    Stage {
        name: "docs",
        what: "the documentation builds without a broken link",
        needs: &[],
        run: lint::docs,
    },
    Stage {
        name: "features",
        what: "each library builds without its features, and with each of them alone",
        needs: &[Need::Clippy],
        run: lint::features,
    },
    Stage { name: "test", what: "unit and black-box tests", needs: &[], run: tests::all },
    Stage { name: "doc-test", what: "the examples in the documentation", needs: &[], run: tests::docs },
    Stage {
        name: "postgres",
        what: "the PostgreSQL engine, and two nodes of the program on it",
        needs: &[Need::Postgres],
        run: postgres::postgres,
    },
    Stage {
        name: "fastapi",
        what: "examples/fastapi signs in (FastAPI, requests, PyJWT)",
        needs: &[Need::Python],
        run: interop::fastapi,
    },
    Stage {
        name: "authlib",
        what: "Authlib's Starlette client signs in by discovery, over http and https",
        needs: &[Need::Python, Need::Openssl],
        run: interop::authlib,
    },
    Stage {
        name: "openid-client",
        what: "the npm package openid-client runs its flows, over http and https",
        needs: &[Need::OpenidClient, Need::Openssl],
        run: interop::openid_client,
    },
    Stage {
        name: "mod-auth-openidc",
        what: "a page behind Apache's mod_auth_openidc, over https",
        needs: &[Need::Apache, Need::Python, Need::Openssl],
        run: interop::mod_auth_openidc,
    },
    Stage {
        name: "browser",
        what: "Chromium against the demo",
        needs: &[Need::Browser],
        run: browser::browser,
    },
];
