//! The token endpoint — RFC 6749 §3.2, §5.

use hallpass_proto::env::Time;
use hallpass_proto::param::Form;
use hallpass_proto::scope::{OPENID, Scope};
use hallpass_proto::secret::Secret;
use hallpass_proto::token::{REFRESH_TOKEN, TokenResponse};

use crate::accounts;
use crate::client_auth;
use crate::core::Core;
use crate::entity::code::CodeProof;
use crate::entity::grant::{Authority, Grant, GrantedClaims, RefreshOutcome};
use crate::entity::refresh::{RefreshProof, Rotation};
use crate::event::Event;
use crate::fault::Fault;
use crate::grant::{self, Award, TokenCx};
use crate::interact::Verified;
use crate::issue::id_token::IdToken;
use crate::issue::protection::Protection;
use crate::issue::{access_token, refresh_token};
use crate::refusal::{Failure, Refusal, of_unfit};
use crate::store::{CodeRedemption, DeviceRedemption, Issued, Recorded, Redeemed, RefreshRedemption};

/// Answers one token request.
pub(crate) async fn token(
    core: &Core,
    authorization: Option<&str>,
    form: &Form<'_>,
    now: Time,
) -> Result<TokenResponse, Failure> {
    let client = client_auth::authenticate(core, authorization, form, now).await?;
    let grant = grant::by_name(form.require("grant_type")?).ok_or(Refusal::GrantTypeUnknown)?;
    if !client.may_use_grant(grant.name()) {
        return Err(Refusal::GrantTypeNotRegistered.into());
    }
    // Before anything is spent: a client whose keys cannot be had may try again.
    let id_tokens = match grant.of_a_person() && client.scope.contains(OPENID) {
        true => Some(Protection::of_id_tokens(core, &client).await?),
        false => None,
    };
    let cx = TokenCx { core, client: &client, id_tokens, now };
    match grant.decide(&cx, form).await? {
        Award::Code { code, redirect_uri, code_challenge } => {
            let proof = CodeProof { client_id: &client.client_id, redirect_uri, code_challenge };
            redeem_code(&cx, &code, proof).await
        }
        Award::Refresh { token, scope } => redeem_refresh(&cx, token, scope).await,
        Award::Device { device_code } => redeem_device(&cx, &device_code).await,
        Award::Client { scope } => {
            let access_token = access_token::for_client(core, &client, &scope, now)?;
            Ok(response(core, access_token, scope))
        }
        Award::Person { person, scope } => grant_to_person(&cx, *person, scope).await,
    }
}

async fn redeem_code(
    cx: &TokenCx<'_>,
    code: &Secret,
    proof: CodeProof<'_>,
) -> Result<TokenResponse, Failure> {
    let (refresh_token, issued) = first_refresh_token(cx);
    let spends = CodeRedemption { code: code.digest(), proof };
    match cx.core.store.redeem_code(&spends, &issued, cx.now).await? {
        Redeemed::Done(authority) => redeemed(cx, *authority, refresh_token).await,
        Redeemed::Replayed { grant_id } => {
            Event::CodeReplayed { client_id: &cx.client.client_id, grant_id: &grant_id }.record();
            Err(Refusal::CodeUnknown.into())
        }
        Redeemed::Refused(unfit) => Err(of_unfit(unfit, Refusal::CodeUnknown).into()),
    }
}

async fn redeem_refresh(
    cx: &TokenCx<'_>,
    token: Secret,
    scope: Option<Scope>,
) -> Result<TokenResponse, Failure> {
    // DESIGN §5: whoever can keep a secret keeps its token; a public client's is rotated.
    let (rotation, next) = if cx.client.is_public() {
        let grace = cx.core.config.refresh_grace;
        (Rotation::Rotate { grace }, refresh_token::successor(cx.core, &token, cx.now))
    } else {
        (Rotation::Keep, (token.clone(), refresh_token::record(cx.core, &token, cx.now)))
    };
    let (next_token, record) = next;
    let proof = RefreshProof {
        client_id: &cx.client.client_id,
        scope: scope.as_ref(),
        registered: &cx.client.scope,
        rotation,
    };
    let spends = RefreshRedemption { token: token.digest(), proof };
    match cx.core.store.redeem_refresh(&spends, &Issued { refresh: Some(record) }, cx.now).await? {
        Redeemed::Done(authority) => redeemed(cx, *authority, Some(next_token)).await,
        Redeemed::Replayed { grant_id } => {
            Event::RefreshReused { client_id: &cx.client.client_id, grant_id: &grant_id }.record();
            Err(Refusal::RefreshUnknown.into())
        }
        Redeemed::Refused(unfit) => Err(of_unfit(unfit, Refusal::RefreshUnknown).into()),
    }
}

async fn redeem_device(cx: &TokenCx<'_>, device_code: &Secret) -> Result<TokenResponse, Failure> {
    let (refresh_token, issued) = first_refresh_token(cx);
    let spends = DeviceRedemption { code: device_code.digest(), client_id: &cx.client.client_id };
    match cx.core.store.redeem_device(&spends, &issued, cx.now).await? {
        Redeemed::Done(authority) => redeemed(cx, *authority, refresh_token).await,
        Redeemed::Replayed { grant_id } => {
            Event::DeviceCodeReplayed { client_id: &cx.client.client_id, grant_id: &grant_id }.record();
            Err(Refusal::DeviceCodeUnknown.into())
        }
        Redeemed::Refused(unfit) => Err(of_unfit(unfit, Refusal::DeviceCodeUnknown).into()),
    }
}

/// What was redeemed becomes tokens, if its person is still there. The store has seen to that where it keeps people.
async fn redeemed(
    cx: &TokenCx<'_>,
    authority: Authority,
    refresh_token: Option<Secret>,
) -> Result<TokenResponse, Failure> {
    let user = accounts::current(cx.core, authority.user).await?.ok_or(Refusal::UserDisabled)?;
    respond(cx, &Authority { user, ..authority }, refresh_token)
}

/// The password grant: there was no code, so the grant is recorded here.
async fn grant_to_person(
    cx: &TokenCx<'_>,
    Verified { user, amr }: Verified,
    scope: Scope,
) -> Result<TokenResponse, Failure> {
    let grant = Grant {
        id: cx.core.env.id(),
        client_id: cx.client.client_id.clone(),
        user_id: user.id.clone(),
        scope: scope.clone(),
        audience: cx.client.audience.clone(),
        auth_time: cx.now,
        acr: cx.core.config.acrs_of(&amr).first().map(|acr| (*acr).to_owned()),
        amr,
        claims: GrantedClaims::default(),
        sid: None,
        offline: true,
        created_at: cx.now,
        expires_at: cx.now + cx.core.config.grant_lifetime,
        revoked_at: None,
    };
    let (refresh_token, issued) = first_refresh_token(cx);
    match cx.core.store.record_grant(&grant, &issued).await? {
        Recorded::Done => {}
        Recorded::SessionOver => {
            return Err(Fault::Store("a grant outside of sessions missed one".to_owned()).into());
        }
    }
    let refresh = if refresh_token.is_some() { RefreshOutcome::Issued } else { RefreshOutcome::None };
    respond(cx, &Authority { grant, user, scope, nonce: None, refresh }, refresh_token)
}

/// A refresh token for a client that is registered for the grant.
fn first_refresh_token(cx: &TokenCx<'_>) -> (Option<Secret>, Issued) {
    if !cx.client.may_use_grant(REFRESH_TOKEN) {
        return (None, Issued { refresh: None });
    }
    let (secret, record) = refresh_token::first(cx.core, cx.now);
    (Some(secret), Issued { refresh: Some(record) })
}

fn respond(
    cx: &TokenCx<'_>,
    authority: &Authority,
    refresh_token: Option<Secret>,
) -> Result<TokenResponse, Failure> {
    let Authority { grant, scope, nonce, refresh, user } = authority;
    // What was taken out of the client's registration since is not given any more, whatever was allowed once.
    if !scope.is_subset(&cx.client.scope) {
        return Err(Refusal::ScopeWithdrawn.into());
    }
    let access_token = access_token::for_grant(cx.core, cx.client, grant, scope, cx.now)?;
    let id_token = cx.id_tokens.as_ref().filter(|_| scope.contains(OPENID)).map(|protection| {
        IdToken {
            client: cx.client,
            grant,
            nonce: nonce.as_deref(),
            access_token: Some(&access_token),
            code: None,
            // §5.4: with an access token, the claims of the scopes are at the UserInfo endpoint.
            claims: user
                .claims
                .for_request(&Scope::empty(), &GrantedClaims::still(&grant.claims.id_token, cx.client)),
        }
        .sign(cx.core, protection, cx.now)
    });
    let id_token = id_token.transpose()?;
    let mut response = response(cx.core, access_token, scope.clone());
    response.expires_in = Some(access_token::expires_in(cx.core, grant, cx.now));
    response.id_token = id_token;
    response.refresh_token = match refresh {
        RefreshOutcome::Issued | RefreshOutcome::Kept => refresh_token,
        RefreshOutcome::None => None,
    };
    Ok(response)
}

fn response(core: &Core, access_token: Secret, scope: Scope) -> TokenResponse {
    TokenResponse {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: Some(core.config.access_token_lifetime),
        refresh_token: None,
        scope: (!scope.is_empty()).then_some(scope),
        id_token: None,
    }
}
