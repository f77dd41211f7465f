//! Values from outside stay values — OAuth 2.0 Form Post Response Mode §5, RFC 9700 §4.16.

use std::collections::BTreeMap;

use hallpass_server::interact::{default_pages::DefaultPages, pages::*};

use crate::tags::{Tag, tags};
use crate::world::{World, pages};

const HOSTILE: [&str; 6] = [
    r#""><script>alert(1)</script>"#,
    "'><img src=x onerror=alert(1)>",
    r#"" onfocus="alert(1)" autofocus="" style="display:none"#,
    "</title></textarea></script><svg/onload=alert(1)>",
    "&quot;&lt;script&gt;&#39;{{ 7 * 7 }}",
    "\u{202e}\n<!--",
];

#[test]
fn no_value_changes_the_structure_of_a_page() {
    for extra in HOSTILE {
        for ((name, plain), (_, hostile)) in pages("").into_iter().zip(pages(extra)) {
            let shape = |html: &str| tags(html).iter().map(Tag::shape).collect::<Vec<_>>();
            assert_eq!(shape(&plain), shape(&hostile), "{name} with {extra}");
        }
    }
}

#[test]
fn every_value_is_shown_or_sent_as_it_is() {
    type Page = fn(&World) -> String;
    let pages: [Page; 12] = [
        |world| world.sign_in(None),
        World::consent,
        World::select_account,
        |world| world.device(None),
        World::device_confirm,
        |world| world.device_done(DeviceAnswer::Allowed),
        World::sign_out,
        World::signing_out,
        World::signed_out,
        World::error,
        World::home,
        World::form_post,
    ];
    for page in pages {
        let world = World::new(HOSTILE[0]);
        let tags = tags(&page(&world));
        for value in world.values() {
            let sent = tags.iter().any(|tag| tag.attributes.values().any(|v| v == value));
            assert!(sent || tags.iter().any(|tag| tag.text.contains(value)), "{value} is lost");
        }
    }
}

#[test]
fn addresses_that_run_or_load_something_are_not_linked() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript://%0aalert(1)",
        "data:text/html,x",
        "//evil.example",
        "\tjavascript:x",
        "é",
    ] {
        let world = World::new("");
        let layout = world.layout();
        let client = ClientView {
            logo_uri: Some(uri),
            policy_uri: Some(uri),
            tos_uri: Some(uri),
            client_uri: Some(uri),
            ..world.client()
        };
        let select = SelectAccount { layout, client, user_name: "", user_login: "", request: "", csrf: "" };
        let error = ErrorPage {
            layout,
            title: "",
            message: "",
            code: "",
            details: vec![],
            hint: "",
            trace_id: None,
            retry_uri: Some(uri),
        };
        let pages = [
            DefaultPages.select_account(&select),
            DefaultPages.signed_out(&SignedOut { layout, client_link: Some(("Trips", uri)) }),
            DefaultPages.signing_out(&SigningOut { layout, frames: vec![uri], next: uri }),
            DefaultPages.error(&error),
            DefaultPages.form_post(&FormPost { layout, action: uri, fields: vec![("code", "secret")] }),
        ];
        for page in pages {
            assert!(!page.contains(uri), "{uri} in {page}");
            assert!(!page.contains("secret"), "a code with nowhere to go");
        }
    }
}

#[test]
fn a_logo_is_loaded_over_https_alone_and_told_nothing() {
    let world = World::new("");
    let client = ClientView { logo_uri: Some("http://trips.example.org/logo.png"), ..world.client() };
    let view = SelectAccount {
        layout: world.layout(),
        client,
        user_name: "",
        user_login: "",
        request: "",
        csrf: "",
    };
    assert!(!DefaultPages.select_account(&view).contains("<img"));
    let html = world.select_account();
    let logo = tags(&html).into_iter().find(|tag| tag.name == "img").expect("a logo over https is shown");
    assert_eq!((logo.get("referrerpolicy"), logo.get("alt")), (Some("no-referrer"), Some("")));
}

#[test]
fn links_that_leave_give_nothing_away() {
    for (name, html) in pages("") {
        for link in tags(&html).iter().filter(|tag| tag.name == "a") {
            let leaves = link.get("href").is_some_and(|href| href.starts_with("http"));
            let rel = link.get("rel").unwrap_or_default();
            assert!(!leaves || rel.contains("noreferrer"), "{name}: {link:?}");
            assert!(link.get("target").is_none() || rel.contains("noopener"), "{name}: {link:?}");
        }
    }
}

#[test]
fn a_form_post_carries_every_parameter_unchanged() {
    let world = World::new(HOSTILE[0]);
    let tags = tags(&world.form_post());
    let sent: BTreeMap<&str, &str> = tags
        .iter()
        .filter(|tag| tag.name == "input")
        .filter_map(|tag| Some((tag.get("name")?, tag.get("value")?)))
        .collect();
    let state = format!("state{}", HOSTILE[0]);
    assert_eq!(sent["code"], format!("SplxlOBeZQQYbYS6WxSbIA{}", HOSTILE[0]));
    assert_eq!(sent[state.as_str()], format!("af0ifjsldkj{}", HOSTILE[0]));
}
