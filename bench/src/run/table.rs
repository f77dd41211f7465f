//! Rows as they are printed.

use std::fmt;
use std::time::Instant;

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, SigningKey, VerifyingKey};

use crate::measure::Measured;
use crate::told;

/// Lines of a part of the run.
pub(crate) struct Table(Vec<String>);

/// How one measurement stands to another.
pub(crate) struct Ratio {
    rate: f64,
    cost: f64,
    least: f64,
}

impl Ratio {
    /// Of `ours` to `against`, which must be at least `least`.
    pub(crate) fn of(ours: &Measured, against: &Measured, least: f64) -> Self {
        Self { rate: ours.rate / against.rate.max(0.1), cost: against.cost / ours.cost.max(0.1), least }
    }
}

impl Table {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn measured(&mut self, name: &str, measured: &Measured) {
        let Measured { rate, cost, p50, p99 } = measured;
        self.0.push(format!(
            "  {name:52} {rate:9.0} /s  {cost:8.1} µs of the core  p50 {:6.2} ms  p99 {:6.2} ms",
            p50 / 1e3,
            p99 / 1e3
        ));
    }

    pub(crate) fn ratio(&mut self, name: &str, ratio: &Ratio) {
        let Ratio { rate, cost, least } = ratio;
        self.0.push(format!(
            "= {name:52} {rate:9.2} by rate, {cost:.2} by cost; wanted: {least}; {}",
            verdict(*rate >= *least)
        ));
    }

    pub(crate) fn at_most(&mut self, name: &str, value: f64, most: f64, unit: &str) {
        self.0.push(format!(
            "= {name:52} {value:9.2} {unit}; wanted: at most {most}; {}",
            verdict(value <= most)
        ));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "NOT REACHED" }
}

/// What checking one ES256 signature costs here, in µs.
pub(crate) fn signature_check() -> Result<f64, String> {
    const TIMES: u32 = 2_000;
    let key = SigningKey::generate(SigningAlg::Es256).map_err(told)?;
    let token = key.sign(None, &[b'x'; 300]).map_err(told)?;
    let verifying = VerifyingKey::from_jwk(key.public_jwk().ok_or("no public half")?).map_err(told)?;
    let start = Instant::now();
    for _ in 0..TIMES {
        let jws = CompactJws::parse(&token).map_err(told)?;
        jws.verify(&verifying).map_err(told)?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
}
