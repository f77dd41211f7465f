//! What the program says to whoever started it, on standard output. (What it notes for later is in the log.)

use std::io::Write as _;

/// Writes a text. Whoever closed the output (`hallpass demo | head`) wants to read no more, and that is all.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
