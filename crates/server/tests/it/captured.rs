//! What a test sees of the log, and what it must not see there.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

use hallpass_proto::param::Form;
use hallpass_testkit::{Browser, Tokens};

thread_local! {
    static CAPTURED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Everything that is logged on this thread, down to TRACE. The subscriber is one for the whole process, since a
/// scoped one misses what other threads were the first to log.
pub(crate) struct Log;

impl Log {
    pub(crate) fn start() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(LevelFilter::TRACE)
                .with_ansi(false)
                .with_writer(|| ThisThread)
                .finish();
            tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        });
        CAPTURED.set(Some(Vec::new()));
        Self
    }

    /// What came since the last call.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(CAPTURED.replace(Some(Vec::new())).unwrap_or_default()).expect("text")
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.take().lines().map(str::to_owned).collect()
    }
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        CAPTURED.with_borrow_mut(|captured| captured.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Values that were seen in the run and must not be in the log.
#[derive(Default)]
pub(crate) struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    pub(crate) fn plant(&mut self, what: &'static str, value: &str) {
        assert!(value.len() >= 8, "{what} is too short to be looked for: {value:?}");
        self.0.push((what, value.to_owned()));
        // a token is also betrayed by its signature, or by its payload
        for part in value.split('.').skip(1).filter(|part| part.len() >= 20) {
            self.0.push((what, part.to_owned()));
        }
        let encoded: Form<'_> = [("x", value)].into_iter().collect();
        self.0.push((what, encoded.encode()[2..].to_owned()));
    }

    pub(crate) fn plant_tokens(&mut self, tokens: &Tokens) {
        self.plant("an access token", &tokens.access_token);
        self.plant("a refresh token", &tokens.refresh_token);
        self.plant("an ID token", &tokens.id_token);
    }

    pub(crate) fn plant_cookies(&mut self, browser: &Browser) {
        for value in browser.cookies().values() {
            self.plant("a cookie", value);
        }
    }

    pub(crate) fn look_for(&self, log: &str) {
        for (what, value) in &self.0 {
            assert!(!log.contains(value), "{what} is in the log: {value}");
        }
    }
}
