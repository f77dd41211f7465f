//! The table of who may call what, and that it is what happens.

use std::panic::catch_unwind;

use hallpass_resource::Alternative;
use hallpass_resource::api::Rule;
use hallpass_resource::assert_policy;
use http::StatusCode;

use super::{Place, call, fetch};

#[test]
fn the_policy_is_what_was_reviewed() {
    assert_policy!(Place::new().api().policy(), "tests/policy.txt");
}

#[test]
fn a_policy_that_changed_is_told_line_by_line() {
    let table = Place::new().api().policy();
    let file = std::env::temp_dir().join(format!("hallpass-policy-{}", std::process::id()));
    let reviewed = table.to_string().replace("any valid token", "admin");
    assert_ne!(reviewed, table.to_string());
    std::fs::write(&file, reviewed).expect("writes");
    let told = catch_unwind(|| table.assert_same_as(&file)).expect_err("they differ");
    std::fs::remove_file(&file).expect("removes");
    let told = told.downcast_ref::<String>().expect("a message");
    let lines: Vec<&str> = told.lines().skip(1).collect();
    let [gone, come] = lines.as_slice() else { panic!("{told}") };
    assert!(gone.starts_with("- GET") && gone.contains("/me") && gone.ends_with("admin"), "{told}");
    assert!(come.starts_with("+ GET") && come.contains("/me") && come.ends_with("any valid token"), "{told}");
}

/// The table says nothing that the routes do not do.
#[tokio::test]
async fn every_row_is_enforced() {
    let place = Place::new();
    let app = place.app();
    for row in place.api().policy().rows() {
        let path = row.path.replace("{id}", "7");
        let nobody = call(&app, row.method, &path, "").await.status;
        let other = call(&app, row.method, &path, &place.bearer("other")).await.status;
        let (ok, refused, short) = (StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN);
        let expected = match &row.rule {
            Rule::Public => (ok, ok),
            Rule::Optional(_) => (ok, short),
            Rule::Required(alternatives) if alternatives.iter().all(Alternative::is_empty) => (refused, ok),
            Rule::Required(_) => (refused, short),
        };
        assert_eq!((nobody, other), expected, "{} {}", row.method, row.path);
        for alternative in row.rule.alternatives() {
            let scope = alternative.scopes.iter().map(|scope| scope.name).collect::<Vec<_>>().join(" ");
            let enough = call(&app, row.method, &path, &place.bearer(&scope)).await;
            assert_eq!(enough.status, ok, "{} {} with {scope}", row.method, row.path);
        }
    }
    assert_eq!(fetch(&app, "/items/7").await.status, StatusCode::UNAUTHORIZED);
}
