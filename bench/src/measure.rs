//! One measurement: a load against a server, and what it took of the server's core.

use serde_json::Value;

use crate::process::{OF_LOAD, Process, pinned, this};
use crate::told;

/// How a measurement is made.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    /// How long each load lasts.
    pub(crate) seconds: f64,
    /// How many requests are under way at once.
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Exchanges a second.
    pub(crate) rate: f64,
    /// Processor time of the server for one, in µs.
    pub(crate) cost: f64,
    /// How long half of them took at most, in µs.
    pub(crate) p50: f64,
    /// How long 99 of 100 took at most, in µs.
    pub(crate) p99: f64,
}

impl Method {
    /// Warms the server up, and measures.
    pub(crate) fn measure(self, server: &Process, scenario: &str) -> Result<Measured, String> {
        self.load(server.port, scenario, self.seconds / 5.0)?;
        self.measure_cold(server, scenario)
    }

    /// Measures without warming up: a list of tokens can be used once.
    pub(crate) fn measure_cold(self, server: &Process, scenario: &str) -> Result<Measured, String> {
        let before = server.processor_time()?;
        let told = self.load(server.port, scenario, self.seconds)?;
        let taken = server.processor_time()? - before;
        let number = |name: &str| told[name].as_f64().unwrap_or_default();
        let done = number("done").max(1.0);
        Ok(Measured {
            rate: done / number("seconds").max(0.001),
            cost: taken.as_secs_f64() * 1e6 / done,
            p50: number("p50_us"),
            p99: number("p99_us"),
        })
    }

    fn load(self, port: u16, scenario: &str, seconds: f64) -> Result<Value, String> {
        let output = pinned(OF_LOAD, &this()?)
            .args(["load", scenario, &port.to_string(), &seconds.to_string(), &self.connections.to_string()])
            .output()
            .map_err(told)?;
        if !output.status.success() {
            return Err(format!("{scenario}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        serde_json::from_slice(&output.stdout).map_err(told)
    }
}
