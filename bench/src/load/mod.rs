//! The load: some keep-alive connections, each of which sends its next request when the last one is answered.

mod connection;
mod scenario;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Done, told};
use connection::Connection;
pub(crate) use scenario::Scenario;

/// Runs a scenario and prints what came of it as JSON. The request that is under way at the end is not counted.
pub(crate) async fn load(scenario: &str, port: &str, seconds: &str, connections: &str) -> Done {
    let port: u16 = port.parse().map_err(told)?;
    let seconds = Duration::from_secs_f64(seconds.parse().map_err(told)?);
    let connections: usize = connections.parse().map_err(told)?;
    let scenario = Arc::new(Scenario::read(scenario, port).await?);
    let start = Instant::now();
    let end = start + seconds;
    let tasks: Vec<_> = (0..connections)
        .map(|number| tokio::spawn(one(scenario.clone(), port, number, connections, end)))
        .collect();
    let mut taken: Vec<Duration> = Vec::new();
    for task in tasks {
        taken.extend(task.await.map_err(told)??);
    }
    let elapsed = start.elapsed().min(seconds);
    taken.sort_unstable();
    let at = |share: f64| {
        let place = ((taken.len() as f64 * share) as usize).min(taken.len().saturating_sub(1));
        taken.get(place).map_or(0.0, |t| t.as_secs_f64() * 1e6)
    };
    let result = json!({
        "done": taken.len(), "seconds": elapsed.as_secs_f64(), "p50_us": at(0.5), "p99_us": at(0.99),
    });
    println!("{result}");
    Ok(())
}

async fn one(
    scenario: Arc<Scenario>,
    port: u16,
    number: usize,
    connections: usize,
    end: Instant,
) -> Result<Vec<Duration>, String> {
    let mut connection = Connection::open(port).await?;
    let mut taken = Vec::new();
    let mut turn = number;
    loop {
        let begun = Instant::now();
        if begun >= end || !scenario.once(&mut connection, turn).await? {
            return Ok(taken);
        }
        turn += connections;
        taken.push(begun.elapsed());
    }
}

/// Access tokens of the service, each another one.
pub(crate) async fn tokens(port: u16, count: usize) -> Result<Vec<String>, String> {
    let mut connection = Connection::open(port).await?;
    let mut tokens = Vec::new();
    let request = scenario::client_credentials(port);
    for _ in 0..count {
        connection.exchange(request.as_bytes()).await?.expect(200)?;
        tokens.push(connection.member("access_token")?);
    }
    Ok(tokens)
}

/// A token of the web application, by the code flow.
pub(crate) async fn web_token(port: u16) -> Result<String, String> {
    let mut connection = Connection::open(port).await?;
    scenario::authorize(&mut connection, port).await
}

/// One answer, whole: its header lines and its body.
pub(crate) async fn answer(port: u16, request: &str) -> Result<(Vec<(String, String)>, String), String> {
    let mut connection = Connection::open(port).await?;
    connection.exchange(request.as_bytes()).await?.expect(200)?;
    Ok(connection.whole())
}
