//! What cargo knows about this workspace.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The parts of `cargo metadata` that the stages use.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Packages that others depend on, in the order that cargo names them.
    pub(crate) libraries: Vec<Library>,
    /// Integration tests of all packages by target name, each once.
    pub(crate) tests: Vec<String>,
}

/// A package with a library that is meant to be published.
pub(crate) struct Library {
    pub(crate) name: String,
    /// Its features but `default`.
    pub(crate) features: Vec<String>,
}

impl Workspace {
    /// Asks cargo, which looks at the manifests of the directory that xtask was started in.
    pub(crate) fn read() -> Result<Self, String> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let told =
            serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
        Self::of(&told).ok_or_else(|| "cargo metadata: its answer has an unknown form".to_owned())
    }

    fn of(told: &Value) -> Option<Self> {
        let packages = told["packages"].as_array()?;
        let mut tests: Vec<String> = packages.iter().flat_map(|package| targets(package, "test")).collect();
        tests.sort();
        tests.dedup();
        Some(Self {
            root: told["workspace_root"].as_str()?.into(),
            target: told["target_directory"].as_str()?.into(),
            libraries: packages.iter().filter_map(library).collect(),
            tests,
        })
    }
}

fn library(package: &Value) -> Option<Library> {
    let kept_here = package["publish"].as_array().is_some_and(Vec::is_empty);
    if kept_here || targets(package, "lib").is_empty() {
        return None;
    }
    let features =
        package["features"].as_object()?.keys().filter(|name| *name != "default").cloned().collect();
    Some(Library { name: package["name"].as_str()?.to_owned(), features })
}

fn targets(package: &Value, kind: &str) -> Vec<String> {
    let of_kind =
        |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind));
    let all = package["targets"].as_array().into_iter().flatten();
    all.filter(of_kind).filter_map(|target| target["name"].as_str().map(str::to_owned)).collect()
}

/// The cargo that started us, so that every stage uses one toolchain.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn libraries_and_tests_are_found() {
        let told = json!({
            "workspace_root": "/w", "target_directory": "/w/target",
            "packages": [
                { "name": "lib", "publish": null, "features": { "default": ["a"], "a": [], "b": [] },
                  "targets": [{ "kind": ["lib"], "name": "lib" }, { "kind": ["test"], "name": "it" }] },
                { "name": "program", "publish": null, "features": {},
                  "targets": [{ "kind": ["bin"], "name": "program" }, { "kind": ["test"], "name": "it" }] },
                { "name": "ours", "publish": [], "features": {}, "targets": [{ "kind": ["lib"], "name": "ours" }] },
            ],
        });
        let workspace = Workspace::of(&told).unwrap();
        assert_eq!(workspace.tests, ["it"]);
        assert_eq!(workspace.libraries.len(), 1);
        assert_eq!(workspace.libraries[0].name, "lib");
        assert_eq!(workspace.libraries[0].features, ["a", "b"]);
    }
}
