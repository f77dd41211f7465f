//! `hallpass config check`.

use hallpass_proto::env::Env;

use crate::cli::ServeOptions;
use crate::config;
use crate::output::say;

/// Prints every mistake to standard error, one a line, or the settings that are in effect.
pub(crate) fn run(options: &ServeOptions) -> Result<(), String> {
    let file = options.config.display().to_string();
    match config::load(&options.config, &Env::system()) {
        Ok(settings) => {
            for note in &settings.notes {
                eprintln!("{} (a warning)", note.at(&file));
            }
            say(&settings.print());
            Ok(())
        }
        Err(mistakes) => {
            for line in mistakes.lines() {
                eprintln!("{line}");
            }
            match mistakes.list.len() {
                1 => Err(format!("{file} has a mistake")),
                n => Err(format!("{file} has {n} mistakes")),
            }
        }
    }
}
