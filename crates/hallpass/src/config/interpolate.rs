//! `${NAME}` in a text stands for the environment variable of that name; `$${` is `${` itself.

/// The text with its variables put in, or what is wrong with it. An error names variables, never their values.
pub(super) fn interpolate(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if let Some(before) = rest[..at].strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (name, behind) = rest[at + 2..]
            .split_once('}')
            .ok_or("`${` without its `}`: write `$${` for the characters themselves")?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || !name.bytes().all(fits) {
            return Err("`${…}` must hold the name of an environment variable: write `$${` for the characters themselves".to_owned());
        }
        out.push_str(&variable(name).ok_or_else(|| format!("the environment variable {name} is not set"))?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_a(text: &str) -> Result<String, String> {
        interpolate(text, |name| (name == "A").then(|| "x${B}".to_owned()))
    }

    #[test]
    fn variables_are_put_in_once() {
        for (text, read) in [
            ("plain", "plain"),
            ("${A}", "x${B}"),
            ("<${A}|${A}>", "<x${B}|x${B}>"),
            ("$argon2id$v=19", "$argon2id$v=19"),
            ("$${A}", "${A}"),
        ] {
            assert_eq!(with_a(text).as_deref(), Ok(read));
        }
    }

    #[test]
    fn what_cannot_be_put_in() {
        assert_eq!(with_a("${NOT_THERE}"), Err("the environment variable NOT_THERE is not set".to_owned()));
        for text in ["${A", "${}", "${A B}"] {
            assert!(with_a(text).is_err(), "{text}");
        }
    }
}
