//! How a message of parameters is read and written: `application/x-www-form-urlencoded` (RFC 6749 Appendix B).
//!
//! Reading is strict where leniency has been exploited: broken percent-encoding, bytes that are not UTF-8 and
//! NUL are refused, and a parameter that comes twice is refused (RFC 6749 §3.1, §3.2).

use std::borrow::Cow;

/// Parameters in the order in which they came, decoded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Why some parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// `%` without two hexadecimal digits behind it.
    #[error("broken percent-encoding in the parameters")]
    PercentEncoding,
    /// Bytes that are not UTF-8, or a NUL.
    #[error("the parameters are not UTF-8 text")]
    NotText,
    /// More parameters than any message has.
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
    /// A parameter that came more than once.
    #[error("the parameter {0} came more than once")]
    Duplicate(String),
    /// A parameter that must be there.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
}

/// How many parameters one message may have.
pub const MAX_PARAMETERS: usize = 128;

impl<'a> Form<'a> {
    /// Reads a query string or a form body. Duplicates are kept: see [`Form::no_duplicates`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for pair in bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// Refuses any parameter that comes twice, whether or not somebody will read it.
    /// RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
    pub fn no_duplicates(self) -> Result<Self, FormError> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            if self.0[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(FormError::Duplicate(printable(name)));
            }
        }
        Ok(self)
    }

    /// The value of a parameter. RFC 6749 §3.1: one "sent without a value MUST be treated as if omitted".
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_ref())
    }

    /// The value of a parameter that must be there.
    pub fn require(&self, name: &'static str) -> Result<&str, FormError> {
        self.get(name).ok_or(FormError::Missing(name))
    }

    /// Whether the parameter came at all, with or without a value.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Adds a parameter at the end.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a parameter when there is a value.
    pub fn push_some(&mut self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_ref()))
    }

    /// As a query string or form body.
    pub fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Form<'static> {
        Form(
            self.0
                .into_iter()
                .map(|(n, v)| (Cow::Owned(n.into_owned()), Cow::Owned(v.into_owned())))
                .collect(),
        )
    }
}

impl std::fmt::Debug for Form<'_> {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(n, _)| n)).finish()
    }
}

impl<'a, N: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> FromIterator<(N, V)> for Form<'a> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
    }
}

/// Undoes percent-encoding and `+`, strictly.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FormError> {
    if !bytes.iter().any(|b| matches!(b, b'%' | b'+' | 0)) {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| FormError::NotText);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => *other,
        });
    }
    if out.contains(&0) {
        return Err(FormError::NotText);
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| FormError::NotText)
}

fn hex(byte: Option<&u8>) -> Result<u8, FormError> {
    match byte {
        Some(b @ b'0'..=b'9') => Ok(b - b'0'),
        Some(b @ b'a'..=b'f') => Ok(b - b'a' + 10),
        Some(b @ b'A'..=b'F') => Ok(b - b'A' + 10),
        _ => Err(FormError::PercentEncoding),
    }
}

/// A parameter name as it may stand in an error message: short, and no control characters.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused_even_when_empty_or_unknown() {
        for body in ["a=1&a=2", "a=1&a=", "a&a", "x=1&%78=1"] {
            let form = Form::parse(body.as_bytes()).expect("well-formed");
            assert!(matches!(form.no_duplicates(), Err(FormError::Duplicate(_))), "{body}");
        }
    }

    #[test]
    fn broken_encodings_are_refused() {
        for (body, error) in [
            (&b"a=%"[..], FormError::PercentEncoding),
            (b"a=%4", FormError::PercentEncoding),
            (b"a=%zz", FormError::PercentEncoding),
            (b"a=\xff", FormError::NotText),
            (b"a=%ff", FormError::NotText),
            (b"a=%00", FormError::NotText),
            (b"a=\0", FormError::NotText),
        ] {
            assert_eq!(Form::parse(body), Err(error), "{body:?}");
        }
    }

    #[test]
    fn an_empty_value_counts_as_omitted() {
        let form = Form::parse(b"a=&b=1").expect("parses");
        assert_eq!((form.get("a"), form.get("b"), form.contains("a")), (None, Some("1"), true));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(pairs in proptest::collection::vec(("[^\0]{1,8}", "[^\0]{0,20}"), 0..8)) {
            let form: Form<'_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let encoded = form.encode();
            prop_assert_eq!(Form::parse(encoded.as_bytes()), Ok(form.clone()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&bytes).and_then(Form::no_duplicates);
        }
    }
}
