//! Tokens, checked as the suite checks them at every turn.

use serde_json::Value;

use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_testkit::{Browser, Reply};

use super::request::Request;
use super::response::Response;
use super::{Client, ISSUER, Suite};

/// All that came of one request, checked.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    /// The claims of the ID token: that of the token endpoint if there is one, else that of the response.
    pub(crate) claims: Value,
    /// The ID token that the claims are from.
    pub(crate) id_token: String,
    pub(crate) access_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
}

impl Suite {
    /// Goes all the way: the pages, the response, the token endpoint.
    pub(crate) async fn tokens(&self, browser: &Browser, client: &Client, request: &Request) -> Tokens {
        let response = self.response(browser, request).await;
        self.tokens_of(&response, client, request).await
    }

    /// Checks a response, and redeems its code.
    pub(crate) async fn tokens_of(&self, response: &Response, client: &Client, request: &Request) -> Tokens {
        assert_eq!(response.get("error"), None, "{response:?}");
        for (part, name) in [("code", "code"), ("id_token", "id_token"), ("token", "access_token")] {
            assert_eq!(response.get(name).is_some(), self.answers_with(part), "{name} in {response:?}");
        }
        let mut access_token = response.get("access_token").map(str::to_owned);
        if access_token.is_some() {
            assert_eq!(response.the("token_type").to_lowercase(), "bearer");
            assert!(response.the("expires_in").parse::<u32>().is_ok_and(|seconds| seconds > 0));
        }
        let front = match response.get("id_token") {
            None => None,
            Some(token) => {
                let claims = self.id_token(token, client, request).await;
                let hash = |input: Option<&str>| input.map(|input| half_hash(SigningAlg::Rs256, input));
                assert_eq!(claims["c_hash"].as_str(), hash(response.get("code")).as_deref(), "{claims}");
                assert_eq!(claims["at_hash"].as_str(), hash(access_token.as_deref()).as_deref(), "{claims}");
                Some((token.to_owned(), claims))
            }
        };
        let Some(code) = response.get("code") else {
            let (id_token, claims) = front.expect("an ID token or a code");
            return Tokens { claims, id_token, access_token, refresh_token: None };
        };
        assert!(code.len() >= 22 && code.is_ascii(), "too short to be unguessable: {code}");
        let reply = self.redeem(client, code).await;
        let answer = token_answer(&reply);
        let id_token = answer["id_token"].as_str().expect("an ID token").to_owned();
        let claims = self.id_token(&id_token, client, request).await;
        if let Some((_, front)) = &front {
            for name in ["iss", "sub", "auth_time"] {
                assert_eq!(front[name], claims[name], "{name} differs between the two ID tokens");
            }
        }
        access_token = Some(answer["access_token"].as_str().expect("an access token").to_owned());
        let refresh_token = answer["refresh_token"].as_str().map(str::to_owned);
        Tokens { claims, id_token, access_token, refresh_token }
    }

    /// OpenID Connect Core §3.1.3.7.
    pub(crate) async fn id_token(&self, token: &str, client: &Client, request: &Request) -> Value {
        let (alg, claims) = self.signed(token).await;
        assert_eq!(alg, SigningAlg::Rs256, "the default of OpenID Connect Registration §2");
        assert_eq!(claims["iss"], ISSUER);
        let aud = claims["aud"].as_array().map_or_else(|| vec![claims["aud"].clone()], Clone::clone);
        assert_eq!(aud, [client.client_id.as_str()], "{claims}");
        assert!(claims.get("azp").is_none_or(|azp| azp == &client.client_id), "{claims}");
        assert_eq!(claims["nonce"].as_str(), request.get("nonce"), "{claims}");
        let sub = claims["sub"].as_str().expect("a sub");
        assert!(!sub.is_empty() && sub.len() <= 255 && sub.is_ascii(), "{sub}");
        let time = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("no {name} in {claims}"));
        assert!(time("iat") < time("exp") && time("exp") - time("iat") <= 24 * 60 * 60, "{claims}");
        claims
    }

    /// The claims of a token that a published key has signed.
    pub(crate) async fn signed(&self, token: &str) -> (SigningAlg, Value) {
        let jws = CompactJws::parse(token).expect("a signed token");
        let (kid, alg) = (jws.header().kid.clone().expect("a kid"), jws.header().alg);
        let keys = self.keys().await;
        let key = VerifyingKey::from_jwk(keys.find(&kid).expect("a published key")).expect("a usable key");
        let claims = serde_json::from_slice(jws.verify(&key).expect("signed")).expect("JSON");
        (alg, claims)
    }
}

/// RFC 6749 §5.1: the answer of the token endpoint, with its headers.
#[track_caller]
pub(crate) fn token_answer(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    let answer = reply.json();
    assert_eq!(answer["token_type"].as_str().map(str::to_lowercase).as_deref(), Some("bearer"));
    assert!(answer["expires_in"].as_i64().is_some_and(|seconds| seconds > 0), "{answer}");
    answer
}
