//! How many device codes are given out in one minute — RFC 8628 §3.1: whoever knows the `client_id` of a public client may
//! ask for them, and what is stored for anybody must not grow as fast as they like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

/// Device codes of one client in a minute.
const PER_CLIENT: u32 = 60;
/// Device codes of all clients in a minute. No more clients than that are remembered either.
const IN_ALL: u32 = 600;

/// Device codes of the current minute, on this node.
#[derive(Default)]
pub(crate) struct DeviceRate(Mutex<Window>);

#[derive(Default)]
struct Window {
    minute: i64,
    in_all: u32,
    by_client: HashMap<Digest, u32>,
}

impl DeviceRate {
    /// Counts a request of a client, or says in how many seconds the next one may come. What is refused does not count:
    /// one client alone cannot use up what all have.
    pub(crate) fn attempt(&self, client_id: &str, now: Time) -> Result<(), i64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.unix().div_euclid(60);
        if window.minute != minute {
            *window = Window { minute, ..Window::default() };
        }
        let client = Digest::of(client_id.as_bytes());
        let of_client = window.by_client.get(&client).copied().unwrap_or_default();
        if of_client >= PER_CLIENT || window.in_all >= IN_ALL {
            return Err(60 - now.unix().rem_euclid(60));
        }
        window.in_all += 1;
        window.by_client.insert(client, of_client + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_clients_together_have_a_bound_and_so_has_the_memory() {
        let rate = DeviceRate::default();
        let now = Time::from_unix(1_000_020);
        for i in 0..IN_ALL {
            assert_eq!(rate.attempt(&i.to_string(), now), Ok(()));
        }
        assert_eq!(rate.attempt("one more", now + 13), Err(47));
        assert_eq!(rate.0.lock().expect("held by nobody").by_client.len(), 600);
        assert_eq!(rate.attempt("one more", now + 60), Ok(()));
        assert_eq!(rate.0.lock().expect("held by nobody").by_client.len(), 1);
    }

    #[test]
    fn what_is_refused_uses_up_nothing() {
        let rate = DeviceRate::default();
        let now = Time::from_unix(1_000_020);
        let given = (0..IN_ALL * 2).filter(|_| rate.attempt("a", now).is_ok()).count();
        assert_eq!(given, 60);
        assert_eq!(rate.attempt("b", now), Ok(()), "nobody else waits");
    }
}
