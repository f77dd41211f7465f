//! The whole program without a socket: a member signs in at the club for the calendar.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hallpass_proto::client_secret::BasicCredentials;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;
use hallpass_server::store::memory::MemoryStore;
use hallpass_testkit::browser::{VERIFIER, authorize_url, form_of, response_of};
use hallpass_testkit::{Browser, Reply};

use super::members::Members;
use super::{provider, register, website};

const CALLBACK: &str = "http://localhost:8100/callback";
const SECRET: &str = "a secret of the calendar alone";

struct Club {
    app: Router,
    members: Arc<Members>,
    issuer: Issuer,
}

impl Club {
    async fn open() -> Self {
        let env = Env::system();
        let issuer = Issuer::parse("http://localhost:9100/auth").expect("an issuer");
        let store = Arc::new(MemoryStore::new());
        register(store.as_ref(), &Secret::from(SECRET), &env).await.expect("registered");
        let members = Arc::new(Members::with_founders(&env).expect("founders"));
        let server = provider(issuer.clone(), env, store, members.clone()).await.expect("starts");
        Self { app: website(members.clone()).merge(server.routes()), members, issuer }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.app.clone(), self.issuer.clone())
    }

    /// The sign-in page, filled in.
    async fn sign_in(&self, browser: &Browser, email: &str, password: &str) -> Reply {
        let url = format!("/auth{}", authorize_url("calendar", CALLBACK, &[("scope", "openid email")]));
        let page = browser.open(&url).await;
        assert!(page.body.contains("<b>Club calendar</b> would like to know"), "{}", page.body);
        form_of(&page, "sign-in");
        browser.submit(&page, "sign-in", &[("username", email), ("password", password)]).await
    }

    /// What the calendar gets to know of the member who has just signed in.
    async fn tokens(&self, browser: &Browser, signed_in: Reply) -> Reply {
        let consent = browser.follow(signed_in).await;
        let allowed = browser.submit(&consent, "consent", &[("action", "allow")]).await;
        let code = response_of(&browser.follow(allowed).await).code.expect("a code");
        let form: Form<'_> = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]
        .into_iter()
        .collect();
        let basic = BasicCredentials { client_id: "calendar".to_owned(), client_secret: SECRET.into() };
        let request = Request::post("/auth/token")
            .header("authorization", basic.header().expose())
            .header("content-type", "application/x-www-form-urlencoded");
        browser.send(request.body(Body::from(form.encode())).expect("a request")).await
    }

    async fn userinfo(&self, tokens: &Reply) -> Reply {
        let bearer = format!("Bearer {}", tokens.json()["access_token"].as_str().expect("a token"));
        let request = Request::get("/auth/userinfo").header("authorization", bearer);
        self.browser().send(request.body(Body::empty()).expect("a request")).await
    }
}

#[tokio::test]
async fn a_member_signs_in_at_the_club() {
    let club = Club::open().await;
    let browser = club.browser();
    let signed_in = club.sign_in(&browser, "ADA@example.com", "lovelace").await;
    let tokens = club.tokens(&browser, signed_in).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let person = club.userinfo(&tokens).await.json();
    assert_eq!((person["sub"].as_str(), person["email"].as_str()), (Some("1"), Some("ada@example.com")));
}

#[tokio::test]
async fn who_leaves_the_club_has_left_the_calendar_too() {
    let club = Club::open().await;
    let browser = club.browser();
    let signed_in = club.sign_in(&browser, "grace@example.com", "nanoseconds").await;
    let tokens = club.tokens(&browser, signed_in).await;
    assert_eq!(club.userinfo(&tokens).await.status, 200);
    club.members.leave(2);
    assert_eq!(club.userinfo(&tokens).await.status, 401);
    let again = club.sign_in(&browser, "grace@example.com", "nanoseconds").await;
    assert!(again.status == 401 && again.body.contains("not the password of that member"), "{}", again.body);
}

#[tokio::test]
async fn the_website_is_there_beside_it() {
    let club = Club::open().await;
    let browser = club.browser();
    assert_eq!(browser.get("/members").await.body, "2 members\n");
    assert_eq!(browser.get("/club.css").await.header("content-type"), "text/css; charset=utf-8");
    let nowhere = browser.get("/auth/nowhere").await;
    assert_eq!((nowhere.status.as_u16(), nowhere.body.as_str()), (404, "The club has no such page.\n"));
    let metadata = browser.get("/auth/.well-known/openid-configuration").await;
    assert_eq!(metadata.json()["token_endpoint"], "http://localhost:9100/auth/token");
}
