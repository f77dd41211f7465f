//! The plans of the OpenID Foundation's conformance suite, as far as a test can be its stand-in: `hallpass serve` by TLS on
//! SQLite, through a cookie jar and the pages that people see. PostgreSQL has them in `serve_postgres`.
#![allow(clippy::unwrap_used)] // all of it is tests

#[allow(dead_code)] // each target uses a part of it
#[path = "../serve/connection.rs"]
mod connection;
mod suite;
#[allow(dead_code)] // each target uses a part of it
#[path = "../serve/world.rs"]
mod world;

use suite::host::Host;
use suite::plans::{self, Plan};
use suite::{Registration, Suite};
use world::World;

/// One test for each plan and way of registration.
macro_rules! plans {
    ($($name:ident => $plan:expr, $registration:ident;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                passes($plan, Registration::$registration).await;
            }
        )*
    };
}

plans! {
    basic => plans::basic("code"), Static;
    implicit_id_token => plans::implicit("id_token"), Static;
    implicit_id_token_token => plans::implicit("id_token token"), Static;
    hybrid_code_id_token => plans::hybrid("code id_token"), Static;
    hybrid_code_token => plans::hybrid("code token"), Static;
    hybrid_code_id_token_token => plans::hybrid("code id_token token"), Static;
    form_post_basic => plans::basic("code").by_form_post(), Static;
    form_post_implicit => plans::implicit("id_token token").by_form_post(), Static;
    form_post_hybrid => plans::hybrid("code id_token token").by_form_post(), Static;
    config => plans::config(), Static;
    rp_initiated_logout => plans::rp_initiated_logout(), Static;
    back_channel_logout => plans::back_channel(), Static;
    front_channel_logout => plans::front_channel(), Static;
    session_management => plans::session_management(), Static;
    basic_of_dynamic_clients => plans::basic("code"), Dynamic;
    implicit_of_dynamic_clients => plans::implicit("id_token token"), Dynamic;
    hybrid_of_dynamic_clients => plans::hybrid("code id_token token"), Dynamic;
    dynamic_code => plans::dynamic("code"), Dynamic;
    dynamic_hybrid => plans::dynamic("code id_token"), Dynamic;
    third_party_initiated_login => plans::third_party_initiated_login(), Dynamic;
    rp_initiated_logout_of_dynamic_clients => plans::rp_initiated_logout(), Dynamic;
    back_channel_logout_of_dynamic_clients => plans::back_channel(), Dynamic;
    front_channel_logout_of_dynamic_clients => plans::front_channel(), Dynamic;
}

async fn passes(plan: Plan, registration: Registration) {
    let (world, certificate) = World::with_https();
    let host = Host::start().await;
    let database = "database = \"data/hallpass.db\"";
    world.write("hallpass.toml", &suite::config(database, &plan, &world, &host));
    let server = world.serve();
    let suite = Suite::new(server.address, &certificate, &plan, host, registration).await;
    plan.run(suite).await;
    server.stop();
}
