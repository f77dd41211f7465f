//! What is asked for, again and again.

use crate::load::connection::Connection;
use crate::{told, world};

/// A kind of work.
pub(crate) enum Scenario {
    /// One request.
    Same(String),
    /// The code flow: authorization request, code to tokens, refresh.
    Journey(u16),
    /// A refresh token for each turn, used once, to the end of the list.
    Refresh(u16, Vec<String>),
    /// A GET of a path with a token that was not seen before, to the end of the list.
    Fresh(u16, Vec<String>),
}

impl Scenario {
    /// `client-credentials`, `journey`, `GET /path`, `introspect:TOKEN`, `bearer:TOKEN /path`, `fresh:FILE`,
    /// `refresh:FILE`.
    pub(crate) async fn read(text: &str, port: u16) -> Result<Self, String> {
        let lines = |file: &str| -> Result<Vec<String>, String> {
            Ok(std::fs::read_to_string(file).map_err(told)?.lines().map(str::to_owned).collect())
        };
        Ok(match text.split_once([':', ' ']) {
            None if text == "client-credentials" => Self::Same(client_credentials(port)),
            None if text == "journey" => Self::Journey(port),
            Some(("GET", path)) => Self::Same(get(port, path, "")),
            Some(("introspect", token)) => Self::Same(introspect(port, token)),
            Some(("bearer", rest)) => {
                let (token, path) = rest.split_once(' ').ok_or("bearer:TOKEN /path")?;
                Self::Same(get(port, path, &format!("Authorization: Bearer {token}\r\n")))
            }
            Some(("fresh", file)) => Self::Fresh(port, lines(file)?),
            Some(("refresh", file)) => Self::Refresh(port, lines(file)?),
            Some(_) | None => return Err(format!("there is no scenario {text}")),
        })
    }

    /// A GET as this load sends it.
    pub(crate) fn get(port: u16, path: &str, headers: &str) -> String {
        get(port, path, headers)
    }

    /// A question about a token as this load sends it.
    pub(crate) fn introspection(port: u16, token: &str) -> String {
        introspect(port, token)
    }

    /// Does it once; false when there is nothing left to do.
    pub(super) async fn once(&self, connection: &mut Connection, turn: usize) -> Result<bool, String> {
        match self {
            Self::Same(request) => connection.exchange(request.as_bytes()).await?.expect(200)?,
            Self::Journey(port) => journey(connection, *port).await?,
            Self::Fresh(port, tokens) => {
                let Some(token) = tokens.get(turn) else { return Ok(false) };
                let bearer = format!("Authorization: Bearer {token}\r\n");
                connection.exchange(get(*port, "/protected", &bearer).as_bytes()).await?.expect(200)?;
            }
            Self::Refresh(port, tokens) => {
                let token = &tokens[turn % tokens.len()];
                refresh(connection, *port, token).await?;
            }
        }
        Ok(true)
    }
}

async fn journey(connection: &mut Connection, port: u16) -> Result<(), String> {
    authorize(connection, port).await?;
    let token = connection.member("refresh_token")?;
    refresh(connection, port, &token).await
}

async fn refresh(connection: &mut Connection, port: u16, token: &str) -> Result<(), String> {
    let body = format!("grant_type=refresh_token&refresh_token={token}");
    let request = post(port, "/token", &world::basic(world::WEB), &body);
    connection.exchange(request.as_bytes()).await?.expect(200)
}

/// From the authorization request to the tokens; gives the access token.
pub(super) async fn authorize(connection: &mut Connection, port: u16) -> Result<String, String> {
    let (client, uri, challenge) = (world::WEB, world::REDIRECT_URI, world::CHALLENGE);
    let path = format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={uri}&scope=openid%20profile%20offline_access\
         &state=s&nonce=n&code_challenge={challenge}&code_challenge_method=S256"
    );
    connection.exchange(get(port, &path, &world::cookie(port)).as_bytes()).await?.expect(303)?;
    let location = connection.header("location").ok_or("no Location")?;
    let code = location.split(['?', '&']).find_map(|part| part.strip_prefix("code="));
    let code = code.ok_or_else(|| format!("no code in {location}"))?;
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={uri}&code_verifier={}",
        world::VERIFIER
    );
    let request = post(port, "/token", &world::basic(client), &body);
    connection.exchange(request.as_bytes()).await?.expect(200)?;
    connection.member("access_token")
}

pub(super) fn client_credentials(port: u16) -> String {
    post(port, "/token", &world::basic(world::SERVICE), "grant_type=client_credentials")
}

fn introspect(port: u16, token: &str) -> String {
    post(port, "/introspect", &world::basic(world::WEB), &format!("token={token}"))
}

/// A GET, with more header lines.
fn get(port: u16, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n")
}

fn post(port: u16, path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}Content-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
