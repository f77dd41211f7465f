//! Who must hear of a sign-out — OpenID Connect Back-Channel Logout 1.0 §2.3, §2.5.

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;

/// A client that a person was signed in to in a browser session, and that wants to hear when the session ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    /// The session's `sid`.
    pub sid: String,
    /// The client.
    pub client_id: String,
    /// The person.
    pub user_id: String,
    /// When the session ends by itself, and this with it: a session that runs out is no sign-out.
    pub expires_at: Time,
}

/// That a client is still to be told of the end of a session. There is one for each client of a session; it is kept
/// until the client has answered, or has not for too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNotice {
    /// The `sid` of the session that has ended.
    pub sid: String,
    /// The client.
    pub client_id: String,
    /// The person.
    pub user_id: String,
    /// When the session ended.
    pub ended_at: Time,
    /// How often somebody has taken it to tell the client. Whoever took it holds it by this number: when another has
    /// taken it since, the number is another.
    pub attempts: u32,
    /// When it may be taken again.
    pub due_at: Time,
}

/// How long whoever ends a session has for the first attempt to tell its clients, in seconds. Afterwards any node
/// takes the notice.
pub const FIRST_ATTEMPT: i64 = 30;

/// How long a client is tried to be told, in seconds.
pub const GIVEN_UP_AFTER: i64 = 24 * 60 * 60;

/// Between the first attempt and the second, in seconds; twice as long each time after.
const FIRST_PAUSE: i64 = 10;
/// Never longer than this.
const LONGEST_PAUSE: i64 = 60 * 60;

impl LogoutNotice {
    /// When a client that could not be told at `now` is tried again; nothing when it is given up. Up to a quarter of
    /// the pause is taken off by `jitter`, so that those who failed together do not come back together.
    pub fn again(&self, jitter: u8, now: Time) -> Option<Time> {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
        let at = now + (pause - pause * i64::from(jitter) / 1024);
        (at.since(self.ended_at) < GIVEN_UP_AFTER).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(attempts: u32) -> LogoutNotice {
        LogoutNotice {
            sid: "sid".to_owned(),
            client_id: "app".to_owned(),
            user_id: "ada".to_owned(),
            ended_at: Time::from_unix(0),
            attempts,
            due_at: Time::from_unix(0),
        }
    }

    #[test]
    fn the_pauses_double_up_to_an_hour_until_a_day_has_passed() {
        let mut now = Time::from_unix(0);
        let mut pauses = Vec::new();
        for attempts in 1.. {
            let Some(at) = notice(attempts).again(0, now) else { break };
            pauses.push(at.since(now));
            now = at;
        }
        assert_eq!(pauses.get(..4), Some(&[10, 20, 40, 80][..]));
        assert_eq!(pauses.iter().max(), Some(&LONGEST_PAUSE));
        assert!(now.unix() > GIVEN_UP_AFTER - LONGEST_PAUSE && now.unix() < GIVEN_UP_AFTER, "{now}");
        assert_eq!(notice(u32::MAX).again(0, Time::from_unix(100)), Some(Time::from_unix(3700)));
    }

    #[test]
    fn jitter_shortens_a_pause_by_a_quarter_at_most() {
        let pause = |jitter| notice(4).again(jitter, Time::from_unix(0)).map(Time::unix);
        assert_eq!((pause(0), pause(128), pause(255)), (Some(80), Some(70), Some(61)));
    }
}
