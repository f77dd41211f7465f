//! A password that an operator gives: typed without echo, from standard input, or from a file. Never from the command
//! line, which every program of the machine can read.

use std::io::IsTerminal as _;
use std::path::Path;

use hallpass_proto::secret::Secret;

/// NIST SP 800-63B §5.1.1.2: "at least 8 characters in length".
const SHORTEST: usize = 8;
/// More than anybody types; argon2 takes any length.
const LONGEST: usize = 1024;

/// Reads it, and sees that it can be used.
pub(super) fn read(file: Option<&Path>) -> Result<Secret, String> {
    let password = match file {
        Some(path) => std::fs::read_to_string(path)
            .map(Secret::new)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        None if std::io::stdin().is_terminal() => typed()?,
        None => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map_err(|e| format!("cannot read standard input: {e}"))?;
            Secret::new(line)
        }
    };
    let password = Secret::from(password.expose().trim_end_matches(['\r', '\n']));
    match password.expose().chars().count() {
        n if n < SHORTEST => Err(format!("a password has {SHORTEST} characters at least")),
        n if n > LONGEST => Err(format!("a password has {LONGEST} characters at most")),
        _ => Ok(password),
    }
}

fn typed() -> Result<Secret, String> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map(Secret::new)
            .map_err(|e| format!("cannot read the password: {e}"))
    };
    let first = ask("Password: ")?;
    if first != ask("The same again: ")? {
        return Err("the two passwords differ".to_owned());
    }
    Ok(first)
}
