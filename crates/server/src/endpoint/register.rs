//! Client registration and its management — RFC 7591 §3, RFC 7592 §2, OpenID Connect Registration §3, §4.
//!
//! Choice: the registration access token stays the same for the life of the client: an answer with a new one that is
//! lost would lock the client out. The secret is told once, when it is made; only its digest is kept.

use hallpass_proto::bearer::{BearerError, parse_authorization};
use hallpass_proto::env::Time;
use hallpass_proto::registration::{ClientInformation, ClientMetadata, ClientUpdate};
use hallpass_proto::secret::{Digest, Secret};

use crate::client_secret;
use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::event::Event;
use crate::fault::Fault;
use crate::http::path;
use crate::issue::protection;
use crate::refusal::{Failure, Refusal};
use crate::register::policy::RegistrationAccess;
use crate::register::{Registrant, Rule, Rules, Wrong, metadata_of, sector, statement};
use crate::store::Registered;

/// Registers a client (RFC 7591 §3.1).
pub(crate) async fn register(
    core: &Core,
    authorization: Option<&str>,
    body: &[u8],
    now: Time,
) -> Result<ClientInformation, Failure> {
    let token = initial_access_token(core, authorization)?;
    let is_good = match token {
        Some(digest) => core.store.registration_token(digest).await?.is_some_and(|token| token.is_good(now)),
        None => false,
    };
    // Whoever holds a good token has a number of uses, or the operator's trust. Nobody else makes the server fetch.
    if !is_good {
        count(core, now)?;
    }
    if token.is_some() && !is_good {
        return Err(Refusal::TokenInvalid.into());
    }
    let metadata = ClientMetadata::parse(body).map_err(Refusal::Registering)?;
    let mut client = accepted(core, &core.env.id(), metadata, now).await?;
    let secret = if client.has_secret() { Some(give_secret(core, &mut client).await?) } else { None };
    let access_token = core.env.token();
    client.registration_access_token = Some(access_token.digest());
    match core.store.register_client(&client, token, now).await? {
        Registered::Done => {}
        Registered::TokenUnfit => return Err(Refusal::TokenInvalid.into()),
    }
    core.clients.forget(&client.client_id);
    make_keys(core, &client).await;
    Event::ClientRegistered { client_id: &client.client_id }.record();
    Ok(information(core, &client, secret, access_token))
}

/// Reads a registration (RFC 7592 §2.1).
pub(crate) async fn read(
    core: &Core,
    authorization: Option<&str>,
    client_id: &str,
) -> Result<ClientInformation, Failure> {
    let (client, access_token) = managed(core, authorization, client_id).await?;
    Ok(information(core, &client, None, access_token))
}

/// Changes a registration (RFC 7592 §2.2): the metadata that comes takes the place of all that was there.
pub(crate) async fn update(
    core: &Core,
    authorization: Option<&str>,
    client_id: &str,
    body: &[u8],
    now: Time,
) -> Result<ClientInformation, Failure> {
    let (before, access_token) = managed(core, authorization, client_id).await?;
    let update = ClientUpdate::parse(body).map_err(Refusal::Registering)?;
    if update.client_id != before.client_id {
        return Err(wrong("client_id", Rule::ClientIdDiffers).into());
    }
    let sent = update.client_secret;
    if sent.as_ref().is_some_and(|sent| !before.client_secret.is_some_and(|held| held.matches(sent))) {
        return Err(wrong("client_secret", Rule::SecretDiffers).into());
    }
    count(core, now)?;
    let mut after = accepted(core, &before.client_id, update.metadata, now).await?;
    sector::unchanged(&before, &after).map_err(Refusal::Metadata)?;
    after.created_at = before.created_at;
    after.status = before.status;
    after.registration_access_token = before.registration_access_token;
    let secret = keep_or_give_secret(core, &before, &mut after).await?;
    if !core.store.update_client(&before, &after).await? {
        // Somebody else was first: the client looks again. If it was removed, it is told so then.
        return Err(Fault::StoreBusy.into());
    }
    core.clients.forget(&after.client_id);
    make_keys(core, &after).await;
    Event::ClientUpdated { client_id: &after.client_id }.record();
    Ok(information(core, &after, secret, access_token))
}

/// Removes a registration, and ends what the client was given (RFC 7592 §2.3).
pub(crate) async fn delete(
    core: &Core,
    authorization: Option<&str>,
    client_id: &str,
    now: Time,
) -> Result<(), Failure> {
    let (client, _) = managed(core, authorization, client_id).await?;
    core.store.delete_client(&client.client_id, now).await?;
    core.clients.forget(&client.client_id);
    Event::ClientDeleted { client_id: &client.client_id }.record();
    Ok(())
}

/// Counts what somebody does whom no initial access token lets in.
fn count(core: &Core, now: Time) -> Result<(), Refusal> {
    let most = core.config.registration.per_minute;
    core.registrations
        .attempt(most, now)
        .map_err(|retry_after| Refusal::RegistrationsThrottled { retry_after })
}

/// The client is recorded by now, and what it was given is told once: keys that cannot be made are made when they are
/// needed.
async fn make_keys(core: &Core, client: &Client) {
    if let Err(fault) = protection::make_keys(core, std::slice::from_ref(client)).await {
        tracing::warn!(client_id = %client.client_id, %fault, "the keys of a client cannot be made yet");
    }
}

/// The digest of the initial access token, where one is needed or comes.
fn initial_access_token(core: &Core, authorization: Option<&str>) -> Result<Option<Digest>, Refusal> {
    match (parse_authorization(authorization), core.config.registration.access) {
        (Ok(token), _) => Ok(Some(token.digest())),
        (Err(BearerError::Malformed), _) => Err(Refusal::TokenMalformed),
        (Err(BearerError::Absent), RegistrationAccess::Open) => Ok(None),
        (Err(BearerError::Absent), RegistrationAccess::InitialAccessToken | RegistrationAccess::Off) => {
            Err(Refusal::TokenMissing)
        }
    }
}

/// The client whose registration access token this is. RFC 7592 §2: an unknown client is 401 as a wrong token is, so
/// that nobody learns which clients there are.
async fn managed(
    core: &Core,
    authorization: Option<&str>,
    client_id: &str,
) -> Result<(Client, Secret), Failure> {
    let token = parse_authorization(authorization).map_err(|error| match error {
        BearerError::Absent => Refusal::TokenMissing,
        BearerError::Malformed => Refusal::TokenMalformed,
    })?;
    let client = core.store.client(client_id).await?;
    // An unknown client is measured too, and so is one that did not register itself.
    let digest = client.as_ref().and_then(|client| client.registration_access_token);
    let fits = digest.unwrap_or(Digest::from_bytes([0; 32])).matches(&token);
    let client = client.filter(|_| fits && digest.is_some()).ok_or(Refusal::TokenInvalid)?;
    if client.status == Status::Disabled {
        return Err(Refusal::RegistrationSuspended.into());
    }
    Ok((client, token))
}

/// What becomes of the metadata: vouched for, held to the rules and to the operator's policy.
async fn accepted(
    core: &Core,
    client_id: &str,
    metadata: ClientMetadata,
    now: Time,
) -> Result<Client, Failure> {
    let metadata = statement::vouched(core, metadata, now).await?;
    let first =
        |wrongs: Vec<Wrong>| wrongs.into_iter().next().map_or(Refusal::RequestUnreadable, Refusal::Metadata);
    let rules = Rules::new(&core.config, Registrant::Stranger);
    let client = rules.check(client_id, &metadata, now).map_err(first)?;
    let client = core.config.registration.apply(client, &metadata).map_err(first)?;
    sector::check(core, &client).await.map_err(Refusal::Metadata)?;
    Ok(client)
}

async fn give_secret(core: &Core, client: &mut Client) -> Result<Secret, Fault> {
    let secret = client_secret::make(client, &core.env);
    let keys = core.keyring.lifecycle(core.store.as_ref(), &core.env);
    client_secret::give(&keys, client, &secret).await?;
    Ok(secret)
}

/// The secret goes on, unless what the client registers now needs none, or one that is known here and is not: then it
/// gets another one.
async fn keep_or_give_secret(
    core: &Core,
    before: &Client,
    after: &mut Client,
) -> Result<Option<Secret>, Fault> {
    if !after.has_secret() {
        return Ok(None);
    }
    if before.client_secret.is_some() && (!after.needs_its_secret() || before.client_secret_sealed.is_some())
    {
        after.client_secret = before.client_secret;
        after.client_secret_sealed.clone_from(&before.client_secret_sealed);
        return Ok(None);
    }
    give_secret(core, after).await.map(Some)
}

fn information(
    core: &Core,
    client: &Client,
    secret: Option<Secret>,
    access_token: Secret,
) -> ClientInformation {
    let uri = format!("{}/{}", core.config.issuer.endpoint(path::REGISTER), client.client_id);
    ClientInformation {
        client_id: client.client_id.clone(),
        // Ours do not end.
        client_secret_expires_at: secret.as_ref().map(|_| Time::from_unix(0)),
        client_secret: secret,
        client_id_issued_at: Some(client.created_at),
        registration_access_token: Some(access_token),
        registration_client_uri: Some(uri),
        metadata: metadata_of(client),
    }
}

fn wrong(member: &'static str, rule: Rule) -> Refusal {
    Refusal::Metadata(Wrong { member, at: 0, rule })
}
