//! The plans of `tests/conformance` on PostgreSQL.

use crate::database::Database;
use crate::suite::host::Host;
use crate::suite::plans::{self, Plan};
use crate::suite::{self, Registration, Suite};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn basic() {
    passes(plans::basic("code")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn implicit() {
    passes(plans::implicit("id_token token")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hybrid() {
    passes(plans::hybrid("code id_token token")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_initiated_logout() {
    passes(plans::rp_initiated_logout()).await;
}

async fn passes(plan: Plan) {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let host = Host::start().await;
    world.write("hallpass.toml", &suite::config("database_file = \"url\"", &plan, &world, &host));
    let server = world.serve();
    let suite = Suite::new(server.address, &certificate, &plan, host, Registration::Static).await;
    plan.run(suite).await;
    server.stop();
}
