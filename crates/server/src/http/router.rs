//! The URL table.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};

use hallpass_proto::param::Form;

use super::read::{self, Message};
use super::reply::{self, Cors};
use super::{cookie, log, path};
use crate::core::{Core, Server};
use crate::endpoint;
use crate::endpoint::userinfo::Answer;
use crate::interact::default_pages::STYLESHEET;
use crate::interact::error_page::Failed;
use crate::interact::{self, Outcome};
use crate::refusal::{Failure, Refusal};
use crate::register::policy::RegistrationAccess;

/// How long caches may keep the metadata.
const METADATA_CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

type Endpoint = MethodRouter<Arc<Core>>;

impl Server {
    /// The server as an axum router, at the paths of its issuer: for `https://example.com/op`, everything stands
    /// below `/op`, but for the metadata of RFC 8414 §3.1, which stands at the root. Whatever else is asked for gets
    /// 404.
    pub fn router(&self) -> Router {
        self.finish(self.table().fallback(any(not_found)))
    }

    /// The same without an answer to other paths, to be merged into the router of a program that has paths of its own.
    pub fn routes(&self) -> Router {
        self.finish(self.table())
    }

    fn finish(&self, router: Router<Arc<Core>>) -> Router {
        router
            .method_not_allowed_fallback(method_not_allowed)
            .layer(middleware::from_fn_with_state(self.core.clone(), log::one_line))
            .with_state(self.core.clone())
    }

    fn table(&self) -> Router<Arc<Core>> {
        let base = self.core.config.issuer.path();
        let at = |path: &str| format!("{base}{path}");
        let table: [(String, Endpoint); 24] = [
            // what programs call
            (at(path::AUTHORIZE), get(authorize_get).post(authorize_post)),
            (at(path::TOKEN), post(token).options(preflight)),
            (at(path::INTROSPECT), post(introspect)),
            (at(path::REVOKE), post(revoke).options(preflight)),
            (at(path::DEVICE_AUTHORIZATION), post(device_authorization).options(preflight)),
            (at(path::USERINFO), get(userinfo).post(userinfo).options(preflight)),
            (at(path::JWKS), get(jwks).options(preflight)),
            (at(path::OPENID_CONFIGURATION), get(metadata).options(preflight)),
            (format!("{}{base}", path::OAUTH_AUTHORIZATION_SERVER), get(metadata).options(preflight)),
            (at(path::END_SESSION), get(end_session_get).post(end_session_post)),
            (at(path::CHECK_SESSION), get(check_session)),
            // what people see
            (at(path::HOME), get(home)),
            (at(path::SIGN_IN), get(sign_in).post(sign_in_post)),
            (at(path::SIGN_UP), get(sign_up).post(sign_up_post)),
            (at(path::SELECT_ACCOUNT), get(select_account).post(select_account_post)),
            (at(path::CONSENT), get(consent).post(consent_post)),
            (at(path::DEVICE), get(device).post(device_post)),
            (at(path::DEVICE_CONFIRM), get(device_confirm).post(device_confirm_post)),
            (at(path::DEVICE_DONE), get(device_done)),
            (at(path::SIGN_OUT), get(sign_out).post(sign_out_post)),
            (at(path::SIGNING_OUT), get(signing_out)),
            (at(path::SIGNED_OUT), get(signed_out)),
            (at(path::REVOKE_APPLICATION), post(revoke_application)),
            (at(path::STYLESHEET), get(stylesheet)),
        ];
        let mut router = Router::new();
        for (path, endpoint) in table {
            router = router.route(&path, endpoint);
        }
        if self.core.config.registration.access != RegistrationAccess::Off {
            router = router
                .route(&at(path::REGISTER), post(register).options(preflight))
                .route(&at(path::REGISTER_ONE), get(registration).put(registration).delete(registration));
        }
        if !base.is_empty() {
            router = router.route(base, get(home));
        }
        router
    }
}

/// A JSON endpoint: reads the form, calls the endpoint, and says what came of it.
macro_rules! api {
    ($name:ident, $endpoint:path, $cors:expr, $reply:path) => {
        async fn $name(State(core): State<Arc<Core>>, request: Request) -> Response {
            let cors = $cors;
            let message = match read::form_message(request).await {
                Ok(message) => message,
                Err(refusal) => return reply::refused(refusal.into(), cors),
            };
            let answer = async {
                let form = message.form()?;
                let authorization =
                    message.authorization(Refusal::TwoAuthentications, Refusal::BasicMalformed)?;
                $endpoint(&core, authorization, &form, core.env.now()).await
            };
            match answer.await {
                Ok(answer) => $reply(&answer, cors),
                Err(failure) => reply::refused(failure, cors),
            }
        }
    };
}

api!(token, endpoint::token::token, Cors::Public, reply::json);
api!(introspect, endpoint::introspect::introspect, Cors::None, reply::json);
api!(revoke, endpoint::revoke::revoke, Cors::Public, reply::empty);

async fn device_authorization(State(core): State<Arc<Core>>, request: Request) -> Response {
    let answer = async {
        let message = read::form_message(request).await?;
        let form = message.form()?;
        let authorization = message.authorization(Refusal::TwoAuthentications, Refusal::BasicMalformed)?;
        let address = message.client_address(&core);
        endpoint::device_authorization::authorize(&core, authorization, &form, address, core.env.now()).await
    };
    match answer.await {
        Ok(answer) => reply::json(&answer, Cors::Public),
        Err(failure) => reply::refused(failure, Cors::Public),
    }
}

async fn userinfo(State(core): State<Arc<Core>>, request: Request) -> Response {
    let answer = async {
        let message = match *request.method() {
            Method::POST => read::optional_form_message(request).await?,
            _ => read::query_message(request)?,
        };
        let form = if message.is_form() { Some(message.form()?) } else { None };
        let authorization = message.authorization(Refusal::TokenTwice, Refusal::TokenMalformed)?;
        endpoint::userinfo::userinfo(&core, authorization, form.as_ref(), core.env.now()).await
    };
    match answer.await {
        Ok(Answer::Json(userinfo)) => reply::json(&userinfo, Cors::Public),
        Ok(Answer::Jwt(token)) => reply::jwt(&token, Cors::Public),
        Err(failure) => reply::bearer_refused(failure, Cors::Public),
    }
}

async fn register(State(core): State<Arc<Core>>, request: Request) -> Response {
    let answer = async {
        let message = read::json_message(request).await?;
        let authorization = message.authorization(Refusal::TokenTwice, Refusal::TokenMalformed)?;
        endpoint::register::register(&core, authorization, message.body(), core.env.now()).await
    };
    match answer.await {
        Ok(answer) => reply::created(&answer, Cors::Public),
        Err(failure) => reply::registration_refused(failure, Cors::Public),
    }
}

/// RFC 7592: reads, changes or removes the registration that the last segment of the path names.
async fn registration(State(core): State<Arc<Core>>, request: Request) -> Response {
    let client_id = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let cors = Cors::None;
    let answer = async {
        let message = match method {
            Method::PUT => read::json_message(request).await?,
            _ => read::query_message(request)?,
        };
        let authorization = message.authorization(Refusal::TokenTwice, Refusal::TokenMalformed)?;
        let now = core.env.now();
        match method {
            Method::PUT => {
                let body = message.body();
                let answer = endpoint::register::update(&core, authorization, &client_id, body, now).await?;
                Ok(reply::json(&answer, cors))
            }
            Method::DELETE => {
                endpoint::register::delete(&core, authorization, &client_id, now).await?;
                Ok(reply::no_content(&(), cors))
            }
            // The route has no other.
            _ => {
                let answer = endpoint::register::read(&core, authorization, &client_id).await?;
                Ok(reply::json(&answer, cors))
            }
        }
    };
    answer.await.unwrap_or_else(|failure| reply::registration_refused(failure, cors))
}

async fn metadata(State(core): State<Arc<Core>>) -> Response {
    reply::static_json(core.metadata.clone(), "application/json", METADATA_CACHED)
}

async fn jwks(State(core): State<Arc<Core>>) -> Response {
    reply::static_json(core.keyring.jwks(), "application/jwk-set+json", core.jwks_cached.clone())
}

async fn check_session(State(core): State<Arc<Core>>) -> Response {
    reply::frame(&core, &core.check_session)
}

async fn stylesheet() -> Response {
    reply::stylesheet(STYLESHEET)
}

async fn preflight() -> Response {
    reply::preflight()
}

async fn not_found() -> Response {
    reply::not_found()
}

async fn method_not_allowed() -> Response {
    reply::method_not_allowed()
}

/// Which form a page takes, and whether another site may send it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Only our own pages.
    Ours,
    /// Any site: the request starts something that asks before it does anything.
    Any,
}

/// A page: reads the query or the form, finds out whose browser it is, calls the page, and says what came of it.
macro_rules! page {
    ($name:ident, $read:path, $origin:expr, |$core:ident, $browser:ident, $form:ident, $now:ident| $call:expr) => {
        async fn $name(State(core): State<Arc<Core>>, request: Request<Body>) -> Response {
            let message = match $read(request).await {
                Ok(message) => message,
                Err(refusal) => return failed_page(&core, &Message::default(), refusal.into()),
            };
            let answer = async {
                if $origin == Origin::Ours {
                    message.refuse_cross_site(core.config.issuer.origin())?;
                }
                let $now = core.env.now();
                let $browser = cookie::browser(&core, &message, $now).await?;
                let $form = message.form_with_duplicates()?;
                let $core = core.as_ref();
                let outcome: Outcome = $call.await?;
                Ok::<_, Failure>(reply::outcome(&core, &$browser, outcome))
            };
            match answer.await {
                Ok(response) => response,
                Err(failure) => failed_page(&core, &message, failure),
            }
        }
    };
}

fn single(form: Form<'_>) -> Result<Form<'_>, Refusal> {
    Ok(form.no_duplicates()?)
}

page!(authorize_get, read::query, Origin::Any, |core, browser, form, now| {
    endpoint::authorize::authorize(core, &browser, form, now)
});
page!(authorize_post, read::form_message, Origin::Any, |core, browser, form, now| {
    endpoint::authorize::authorize(core, &browser, form, now)
});
page!(end_session_get, read::query, Origin::Any, |core, browser, form, now| async {
    endpoint::end_session::end_session(core, &browser, &single(form)?, now).await
});
page!(end_session_post, read::form_message, Origin::Any, |core, browser, form, now| async {
    endpoint::end_session::end_session(core, &browser, &single(form)?, now).await
});
page!(home, read::query, Origin::Any, |core, browser, _form, _now| interact::home::show(core, &browser));
page!(sign_in, read::query, Origin::Any, |core, browser, form, now| async {
    interact::sign_in::show(core, &browser, &single(form)?, now).await
});
page!(sign_in_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::sign_in::submit(core, &browser, &single(form)?, now).await
});
page!(sign_up, read::query, Origin::Any, |core, browser, form, now| async {
    interact::sign_up::show(core, &browser, &single(form)?, now).await
});
page!(sign_up_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::sign_up::submit(core, &browser, &single(form)?, now).await
});
page!(select_account, read::query, Origin::Any, |core, browser, form, now| async {
    interact::select_account::show(core, &browser, &single(form)?, now).await
});
page!(select_account_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::select_account::submit(core, &browser, &single(form)?, now).await
});
page!(consent, read::query, Origin::Any, |core, browser, form, now| async {
    interact::consent::show(core, &browser, &single(form)?, now).await
});
page!(consent_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::consent::submit(core, &browser, &single(form)?, now).await
});
page!(device, read::query, Origin::Any, |core, browser, form, _now| async {
    Ok::<_, Failure>(interact::device::code::show(core, &browser, &single(form)?))
});
page!(device_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::device::code::submit(core, &browser, &single(form)?, now).await
});
page!(device_confirm, read::query, Origin::Any, |core, browser, form, now| async {
    interact::device::confirm::show(core, &browser, &single(form)?, now).await
});
page!(device_confirm_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::device::confirm::submit(core, &browser, &single(form)?, now).await
});
page!(device_done, read::query, Origin::Any, |core, browser, form, _now| async {
    let _ = &browser;
    Ok::<_, Failure>(interact::device::done::show(core, &single(form)?))
});
page!(sign_out, read::query, Origin::Any, |core, browser, form, _now| async {
    interact::sign_out::show(core, &browser, &single(form)?).await
});
page!(sign_out_post, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::sign_out::submit(core, &browser, &single(form)?, now).await
});
page!(signing_out, read::query, Origin::Any, |core, browser, form, _now| async {
    let _ = &browser;
    interact::sign_out::signing_out(core, &single(form)?).await
});
page!(signed_out, read::query, Origin::Any, |core, browser, form, _now| async {
    let _ = &browser;
    interact::sign_out::signed_out(core, &single(form)?).await
});
page!(revoke_application, read::form_message, Origin::Ours, |core, browser, form, now| async {
    interact::home::revoke(core, &browser, &single(form)?, now).await
});

fn failed_page(core: &Core, message: &Message, failure: Failure) -> Response {
    let form = message.form_with_duplicates().unwrap_or_default();
    let trace_id = core.env.id();
    let failed = Failed {
        client_id: form.get("client_id"),
        redirect_uri: form.get("redirect_uri"),
        trace_id: &trace_id,
    };
    reply::failed_page(core, failure, &failed)
}
