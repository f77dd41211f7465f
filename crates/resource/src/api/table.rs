//! Who may call what, as text that can be reviewed and kept beside the code.

use std::fmt;
use std::path::Path;

use super::policy::Rule;
use crate::requirement::Alternative;

/// The policy of every route of an [`Api`](super::Api). Prints a line for each, sorted by path.
///
/// ```text
/// GET     /items      items:read
/// POST    /items      items:read items:write | admin
/// GET     /me         any valid token
/// GET     /greeting   anybody, or a token with items:read
/// GET     /health     anybody
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTable(Vec<PolicyRow>);

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its path as it was registered.
    pub path: String,
    /// Its method.
    pub method: &'static str,
    /// Who may call it.
    pub rule: Rule,
}

impl PolicyTable {
    pub(crate) fn new(mut rows: Vec<PolicyRow>) -> Self {
        rows.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
        Self(rows)
    }

    /// The rows.
    pub fn rows(&self) -> &[PolicyRow] {
        &self.0
    }

    /// Compares with a file that was reviewed; [`assert_policy!`](crate::assert_policy!) calls it. With
    /// `UPDATE_POLICY=1` in the environment the file is written instead.
    ///
    /// # Panics
    /// When they differ, with both sides of the lines that do.
    #[track_caller]
    pub fn assert_same_as(&self, file: &Path) {
        let now = self.to_string();
        if std::env::var_os("UPDATE_POLICY").is_some_and(|value| value == "1") {
            if let Err(error) = std::fs::write(file, &now) {
                panic!("{} cannot be written: {error}", file.display());
            }
            return;
        }
        let reviewed = std::fs::read_to_string(file).unwrap_or_else(|error| {
            panic!("{}: {error}; UPDATE_POLICY=1 writes it:\n{now}", file.display());
        });
        let lacks = |text: &str, line: &str| !text.lines().any(|other| other == line);
        let gone = reviewed.lines().filter(|line| lacks(&now, line)).map(|line| format!("- {line}\n"));
        let come = now.lines().filter(|line| lacks(&reviewed, line)).map(|line| format!("+ {line}\n"));
        let differences: String = gone.chain(come).collect();
        assert!(
            differences.is_empty(),
            "who may call what is not as it was reviewed in {} (UPDATE_POLICY=1 rewrites it):\n{differences}",
            file.display()
        );
    }
}

impl fmt::Display for PolicyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|row| row.path.len()).max().unwrap_or_default();
        for PolicyRow { path, method, rule } in &self.0 {
            writeln!(f, "{method:<6}  {path:<width$}  {rule}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("anybody"),
            Self::Optional(alternatives) => write!(f, "anybody, or a token with {}", words(alternatives)),
            Self::Required(alternatives) => f.write_str(&words(alternatives)),
        }
    }
}

fn words(alternatives: &[Alternative]) -> String {
    let one = |alternative: &Alternative| {
        let scopes = alternative.scopes.iter().map(|scope| scope.name.to_owned());
        let roles = alternative.roles.iter().map(|role| format!("role:{role}"));
        let step_up = (!alternative.step_up.is_empty()).then(|| format!("({})", alternative.step_up));
        let all: Vec<String> = scopes.chain(roles).chain(step_up).collect();
        if all.is_empty() { "any valid token".to_owned() } else { all.join(" ") }
    };
    alternatives.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// Compares an API's policy with a reviewed file, whose path starts at the crate's `Cargo.toml`.
///
/// ```no_run
/// # use hallpass_resource::api::Api;
/// # fn api() -> Api { Api::new("https://api.example.com") }
/// hallpass_resource::assert_policy!(api().policy(), "tests/policy.txt");
/// ```
#[macro_export]
macro_rules! assert_policy {
    ($table:expr, $file:literal) => {
        $table.assert_same_as(::std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file)))
    };
}
