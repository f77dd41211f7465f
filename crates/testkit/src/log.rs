//! What a test sees of the log.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

thread_local! {
    static CAPTURED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Everything that is logged on this thread from now on, down to TRACE.
///
/// The subscriber is one for the whole process, since a scoped one misses what other threads were the first to log.
#[derive(Debug)]
pub struct Log(());

impl Log {
    /// Begins to listen.
    ///
    /// # Panics
    /// When the process has another subscriber.
    pub fn start() -> Self {
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
        Self(())
    }

    /// What came since the last call.
    ///
    /// # Panics
    /// When it is not text.
    pub fn take(&self) -> String {
        String::from_utf8(CAPTURED.replace(Some(Vec::new())).unwrap_or_default()).expect("text")
    }

    /// The same by lines.
    pub fn lines(&self) -> Vec<String> {
        self.take().lines().map(str::to_owned).collect()
    }
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        CAPTURED.with_borrow_mut(|captured| captured.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
