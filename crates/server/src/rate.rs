//! How often strangers may do something in one minute, such as register a client or make an account: neither what is
//! stored for anybody nor what is fetched for them may grow as fast as they like.

use std::sync::{Mutex, PoisonError};

use hallpass_proto::env::Time;

/// The tries of the current minute, on this node.
#[derive(Default)]
pub(crate) struct Rate(Mutex<Window>);

#[derive(Default)]
struct Window {
    minute: i64,
    count: u32,
}

impl Rate {
    /// Counts a try, or says in how many seconds the next one may come.
    pub(crate) fn attempt(&self, most: u32, now: Time) -> Result<(), i64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.unix().div_euclid(60);
        if window.minute != minute {
            *window = Window { minute, count: 0 };
        }
        if window.count >= most {
            return Err(60 - now.unix().rem_euclid(60));
        }
        window.count += 1;
        Ok(())
    }
}
