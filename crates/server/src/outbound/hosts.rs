//! The requests under way to each host: a host that is slow holds up whoever wants it, and nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::OutboundError;

/// How many requests may be under way to one host.
const AT_ONCE: usize = 4;
/// How many more may wait for it, within their deadlines.
const WAITING: usize = 32;
/// How many hosts may be asked at once, those included that are waited for.
const MOST: usize = 1024;

/// The hosts that are asked or waited for, and no others.
#[derive(Default)]
pub(super) struct Hosts(Arc<Mutex<HashMap<String, Host>>>);

struct Host {
    places: Arc<Semaphore>,
    /// Who has a place or waits for one.
    present: usize,
}

/// Somebody who has a place at a host or waits for one, until it is dropped.
pub(super) struct Present {
    hosts: Arc<Mutex<HashMap<String, Host>>>,
    host: String,
    places: Arc<Semaphore>,
}

/// A place at a host. It is given back before its holder leaves.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _present: Present,
}

impl Hosts {
    /// Begins to wait for a place at a host.
    ///
    /// # Errors
    /// [`OutboundError::Busy`] when too many wait already.
    pub(super) fn join(&self, host: &str) -> Result<Present, OutboundError> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.contains_key(host) && hosts.len() >= MOST {
            return Err(OutboundError::Busy);
        }
        let at = hosts
            .entry(host.to_owned())
            .or_insert_with(|| Host { places: Arc::new(Semaphore::new(AT_ONCE)), present: 0 });
        if at.present >= AT_ONCE + WAITING {
            return Err(OutboundError::Busy);
        }
        at.present += 1;
        let places = at.places.clone();
        Ok(Present { hosts: self.0.clone(), host: host.to_owned(), places })
    }
}

impl Present {
    /// The place, when one is free. None never comes: nobody closes the semaphore.
    pub(super) async fn place(self) -> Option<Place> {
        let permit = self.places.clone().acquire_owned().await.ok()?;
        Some(Place { _permit: permit, _present: self })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = hosts.get_mut(&self.host) {
            at.present = at.present.saturating_sub(1);
            if at.present == 0 {
                hosts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Past those who have a place and those who wait, nobody is let in, and nothing is kept of who has left.
    #[tokio::test]
    async fn a_host_has_few_places_and_leaves_nothing_behind() {
        let hosts = Hosts::default();
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(hosts.join("slow.example").expect("let in").place().await.expect("a place"));
        }
        let waiting: Vec<_> = (0..WAITING).map(|_| hosts.join("slow.example").expect("waits")).collect();
        assert!(matches!(hosts.join("slow.example"), Err(OutboundError::Busy)));
        assert!(hosts.join("other.example").expect("let in").place().await.is_some());

        drop(waiting);
        places.pop();
        assert!(hosts.join("slow.example").expect("let in").place().await.is_some());
        drop(places);
        assert!(hosts.0.lock().expect("sound").is_empty());
    }

    /// However many hosts are named.
    #[tokio::test]
    async fn the_hosts_are_bounded() {
        let hosts = Hosts::default();
        let all: Vec<_> = (0..MOST).map(|n| hosts.join(&format!("{n}.example")).expect("let in")).collect();
        assert!(matches!(hosts.join("one.too.many.example"), Err(OutboundError::Busy)));
        assert!(hosts.join("0.example").is_ok());
        drop(all);
        assert!(hosts.join("one.too.many.example").is_ok());
    }
}
