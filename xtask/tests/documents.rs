//! What the documents say of the tree is true: paths exist, links lead somewhere, shown code is code that is tested.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every document with its text, and the folder that its links are relative to.
fn documents() -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root().join(name)).collect();
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "md") {
                files.push(path);
            }
        }
    }
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).expect("a document"))).collect()
}

/// Text without its code blocks.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split("\n```").step_by(2).collect();
    parts.join("\n")
}

/// What stands between backquotes and looks like a path in this tree.
fn quoted_paths(text: &str) -> Vec<String> {
    let folders = ["crates/", "docs/", "examples/", "interop/", "xtask/", ".ci/"];
    prose(text)
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| folders.iter().any(|folder| quoted.starts_with(folder)))
        .map(|quoted| quoted.split("::").next().unwrap_or_default().trim_end_matches('/').to_owned())
        .filter(|path| !path.contains(['*', '<', '…', ' ', '{']))
        .collect()
}

#[test]
fn paths_that_documents_name_exist() {
    let mut looked_at = 0;
    for (file, text) in documents() {
        for path in quoted_paths(&text) {
            looked_at += 1;
            assert!(root().join(&path).exists(), "{} names {path}, which is not there", file.display());
        }
    }
    assert!(looked_at > 50, "only {looked_at} paths were found: is the search still right?");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut looked_at = 0;
    for (file, text) in documents() {
        for link in prose(&text).split("](").skip(1) {
            let target = link.split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            looked_at += 1;
            let at = file.parent().expect("a folder").join(target);
            assert!(at.exists(), "{} links to {target}, which is not there", file.display());
        }
    }
    assert!(looked_at > 5, "only {looked_at} links were found: is the search still right?");
}

/// Code that a reader copies from a document is the code of an example, line for line.
#[test]
fn shown_code_is_that_of_the_examples() {
    for (document, names) in
        [("README.md", &["web-login", "protected-api"][..]), ("docs/embed.md", &["embed-the-server"][..])]
    {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        let shown: Vec<&str> =
            text.split("```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
        assert!(!shown.is_empty(), "{document} shows no Rust");
        let examples: Vec<String> = names.iter().flat_map(|name| sources(name)).collect();
        for block in shown {
            let found = examples
                .iter()
                .any(|example| block.split("\n\n").all(|part| example.contains(part.trim_end())));
            assert!(found, "no example has this code of {document}:\n{block}");
        }
    }
}

/// The source files of an example.
fn sources(name: &str) -> Vec<String> {
    let folder = root().join("examples").join(name).join("src");
    let files = fs::read_dir(folder).expect("an example").map(|entry| entry.expect("an entry").path());
    files.map(|path| fs::read_to_string(path).expect("a source")).collect()
}
