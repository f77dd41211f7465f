//! `[connections]`: how many there may be, and how long one may do nothing.

use std::time::Duration;

use super::document::{Reading, Table};
use crate::listen::Limits;

/// The most connections that can be asked for.
const MOST: usize = 1_000_000;
/// Slower clients than this do not exist, only those that hold a place on purpose.
const LONGEST_HEADER: i64 = 60;
const LONGEST_IDLE: i64 = 60 * 60;

pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(mut connections) = table.table(reading, "connections") else { return limits };
    if let Some(most) = connections.number(reading, "limit", 1, MOST).and_then(|n| u32::try_from(n).ok()) {
        limits.connections = most;
    }
    for (key, longest, limit) in [
        ("header_timeout", LONGEST_HEADER, &mut limits.header),
        ("idle_timeout", LONGEST_IDLE, &mut limits.idle),
    ] {
        let Some((seconds, line)) = connections.duration(reading, key) else { continue };
        match u64::try_from(seconds).ok().filter(|_| (1..=longest).contains(&seconds)) {
            Some(seconds) => *limit = Duration::from_secs(seconds),
            None => connections.wrong(reading, line, key, &format!("must last from 1 to {longest} seconds")),
        }
    }
    connections.finish(reading);
    limits
}
