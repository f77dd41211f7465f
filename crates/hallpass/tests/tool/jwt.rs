//! `hallpass jwt`.

use crate::world::{World, command, run, text, token_of};

#[tokio::test]
async fn a_token_is_told_and_verified() {
    let world = World::new().await;
    let token = token_of(&world).await;

    let output =
        run(command(&["jwt", "--issuer", &world.issuer, "--audience", "https://api.example"]), &token).await;

    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    for expected in [r#""typ":"at+jwt""#, r#""client_id": "service""#, "ends       in ", "signature  good"] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

#[tokio::test]
async fn without_keys_nothing_is_claimed() {
    let world = World::new().await;
    let output = run(command(&["jwt"]), &token_of(&world).await).await;
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("not verified"), "{}", text(&output.stdout));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_at_once() {
    let world = World::new().await;
    let token = token_of(&world).await;
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let altered = format!("{signed}.{first}{}", &signature[1..]);

    let output = run(command(&["jwt", "--issuer", &world.issuer, "--audience", "other"]), &altered).await;

    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("signature") && said.contains("without \"other\""), "{said}");
}

#[tokio::test]
async fn what_is_no_token_is_told_in_one_line() {
    for (input, why) in [("opaque", "has 1"), ("a.b.c", "not base64url"), ("", "nothing came")] {
        let output = run(command(&["jwt"]), input).await;
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{input:?}: {said}");
    }
}
