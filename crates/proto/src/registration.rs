//! Client registration and its management — RFC 7591, OpenID Connect Registration 1.0, RFC 7592.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::env::Time;
use crate::jose::json::{self, NotPlain};
use crate::secret::Secret;

/// Why a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not a JSON object.
    #[error("the message is not a JSON object")]
    NotObject,
    /// A member that stands twice, at any depth.
    #[error("the member {0:?} stands twice")]
    Duplicate(String),
    /// Nested too deep.
    #[error("the message is nested too deep")]
    TooDeep,
    /// A member of another JSON type than the specification gives it.
    #[error("{member} must be {form}")]
    Type {
        /// Its name.
        member: &'static str,
        /// What it must be.
        form: &'static str,
    },
    /// A member that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// RFC 7592 §2.2: a member that a client "MUST NOT include".
    #[error("{0} is not for the client to set")]
    Forbidden(&'static str),
}

/// A JSON value of one type.
trait Member: Sized {
    /// What it must be, behind "must be".
    const FORM: &'static str;
    /// The value, if it is of that type.
    fn read(value: Value) -> Option<Self>;
}

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident: $kind:ty;)*) => {
        /// What a client says of itself (RFC 7591 §2, OpenID Connect Registration §2), as it was written: types are
        /// right, values are still to be looked at.
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        pub struct ClientMetadata {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$kind>,)*
            /// RFC 7591 §2.2: members for people in a language, by their whole names: `client_name#de`.
            #[serde(flatten)]
            pub localized: BTreeMap<String, String>,
        }

        impl ClientMetadata {
            /// The names of all members.
            pub const MEMBERS: &'static [&'static str] = &[$(stringify!($name)),*];

            fn take(map: &mut Map<String, Value>) -> Result<Self, MessageError> {
                let localized = localized(map)?;
                Ok(Self { $($name: member(map, stringify!($name))?,)* localized })
            }

            /// What stands in `stronger` in the place of what stands here, and everything else of both.
            #[must_use]
            pub fn overridden_by(self, stronger: Self) -> Self {
                let mut localized = self.localized;
                localized.extend(stronger.localized);
                Self { $($name: stronger.$name.or(self.$name),)* localized }
            }
        }
    };
}

members! {
    /// Where authorization responses may go.
    redirect_uris: Vec<String>;
    /// Values of `response_type`; absent means `code`.
    response_types: Vec<String>;
    /// Values of `grant_type`, and `implicit`; absent means `authorization_code`.
    grant_types: Vec<String>;
    /// `web` or `native`; absent means `web`.
    application_type: String;
    /// Email addresses of the people who keep it.
    contacts: Vec<String>;
    /// Its name, for people.
    client_name: String;
    /// A picture that stands for it.
    logo_uri: String;
    /// Its home page.
    client_uri: String;
    /// Its privacy policy.
    policy_uri: String;
    /// Its terms of service.
    tos_uri: String;
    /// Its public keys, by reference.
    jwks_uri: String;
    /// Its public keys: a JWK Set.
    jwks: Map<String, Value>;
    /// Which clients see the same pairwise `sub`.
    sector_identifier_uri: String;
    /// `public` or `pairwise`; absent means `public`.
    subject_type: String;
    /// How ID tokens are signed; absent means RS256.
    id_token_signed_response_alg: String;
    /// How the key of encrypted ID tokens is found; absent means that they are not encrypted.
    id_token_encrypted_response_alg: String;
    /// How their content is encrypted; absent means A128CBC-HS256.
    id_token_encrypted_response_enc: String;
    /// How UserInfo answers are signed; absent means that they are not.
    userinfo_signed_response_alg: String;
    /// How the key of encrypted UserInfo answers is found; absent means that they are not encrypted.
    userinfo_encrypted_response_alg: String;
    /// How their content is encrypted; absent means A128CBC-HS256.
    userinfo_encrypted_response_enc: String;
    /// How request objects must be signed; absent means in any way.
    request_object_signing_alg: String;
    /// How the key of encrypted request objects is found.
    request_object_encryption_alg: String;
    /// How their content is encrypted; absent means A128CBC-HS256.
    request_object_encryption_enc: String;
    /// How it authenticates; absent means `client_secret_basic`.
    token_endpoint_auth_method: String;
    /// How its assertions must be signed; absent means in any way.
    token_endpoint_auth_signing_alg: String;
    /// `max_age` of requests without one, in seconds.
    default_max_age: i64;
    /// Whether ID tokens must have `auth_time`.
    require_auth_time: bool;
    /// `acr_values` of requests without any.
    default_acr_values: Vec<String>;
    /// Where a sign-in starts that begins elsewhere (OpenID Connect Core §4).
    initiate_login_uri: String;
    /// Values of `request_uri` that it uses.
    request_uris: Vec<String>;
    /// Where the browser may go after sign-out (OpenID Connect RP-Initiated Logout §3.1).
    post_logout_redirect_uris: Vec<String>;
    /// Where logout tokens are sent (OpenID Connect Back-Channel Logout §2.2).
    backchannel_logout_uri: String;
    /// Whether they must have `sid`.
    backchannel_logout_session_required: bool;
    /// What is loaded in a frame at sign-out (OpenID Connect Front-Channel Logout §2).
    frontchannel_logout_uri: String;
    /// Whether `iss` and `sid` must stand in its query.
    frontchannel_logout_session_required: bool;
    /// The widest scope it may ask for.
    scope: String;
    /// Which software it is.
    software_id: String;
    /// In which version.
    software_version: String;
    /// A JWT in which somebody else vouches for members of these names (RFC 7591 §2.3).
    software_statement: String;
    /// Whether its authorization requests need a `code_challenge`. An extension.
    require_pkce: bool;
    /// `aud` of its access tokens. An extension.
    audience: Vec<String>;
}

/// RFC 7591 §2.2: the members that people read, which may stand there in several languages.
const FOR_PEOPLE: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

impl ClientMetadata {
    /// Reads a registration request (RFC 7591 §3.1). Members that are not known are passed over, and so are
    /// `client_id` and `client_secret`: those are for the server to choose.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        Self::take(&mut object(body)?)
    }

    /// Reads members that stand beside others, such as the claims of a software statement.
    pub fn from_members(mut members: Map<String, Value>) -> Result<Self, MessageError> {
        Self::take(&mut members)
    }
}

/// An update of a registration (RFC 7592 §2.2). What is not in it is taken out of the registration.
#[derive(Clone, Debug)]
pub struct ClientUpdate {
    /// Which client.
    pub client_id: String,
    /// Its present secret, if it sends one.
    pub client_secret: Option<Secret>,
    /// Everything that it says of itself.
    pub metadata: ClientMetadata,
}

impl ClientUpdate {
    /// Reads one.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let mut map = object(body)?;
        // §2.2: "The client MUST NOT include the "registration_access_token", "registration_client_uri",
        // "client_secret_expires_at", or "client_id_issued_at" fields".
        for name in [
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        ] {
            if map.get(name).is_some_and(|value| !value.is_null()) {
                return Err(MessageError::Forbidden(name));
            }
        }
        Ok(Self {
            client_id: member(&mut map, "client_id")?.ok_or(MessageError::Missing("client_id"))?,
            client_secret: member::<String>(&mut map, "client_secret")?.map(Secret::new),
            metadata: ClientMetadata::take(&mut map)?,
        })
    }
}

/// What the server says of a registered client (RFC 7591 §3.2.1, RFC 7592 §3): everything that it knows.
#[derive(Clone, Debug, Serialize)]
pub struct ClientInformation {
    /// Its identifier.
    pub client_id: String,
    /// Its secret, where one was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// When the secret ends; 0 for never. There with a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<Time>,
    /// When it was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id_issued_at: Option<Time>,
    /// What opens `registration_client_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_access_token: Option<Secret>,
    /// Where the registration is read, changed and removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_client_uri: Option<String>,
    /// What is registered, which need not be what was asked for.
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}

impl ClientInformation {
    /// Reads an answer.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let map = &mut object(body)?;
        Ok(Self {
            client_id: member(map, "client_id")?.ok_or(MessageError::Missing("client_id"))?,
            client_secret: member::<String>(map, "client_secret")?.map(Secret::new),
            client_secret_expires_at: member(map, "client_secret_expires_at")?.map(Time::from_unix),
            client_id_issued_at: member(map, "client_id_issued_at")?.map(Time::from_unix),
            registration_access_token: member::<String>(map, "registration_access_token")?.map(Secret::new),
            registration_client_uri: member(map, "registration_client_uri")?,
            metadata: ClientMetadata::take(map)?,
        })
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, MessageError> {
    json::object(body).map_err(|why| match why {
        NotPlain::Json | NotPlain::Object => MessageError::NotObject,
        NotPlain::Duplicate(name) => MessageError::Duplicate(name.chars().take(64).collect()),
        NotPlain::Depth => MessageError::TooDeep,
    })
}

/// RFC 7592 §2.2: a member that is `null` is one that is not there.
fn member<T: Member>(map: &mut Map<String, Value>, name: &'static str) -> Result<Option<T>, MessageError> {
    match map.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match T::read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(MessageError::Type { member: name, form: T::FORM }),
        },
    }
}

fn localized(map: &Map<String, Value>) -> Result<BTreeMap<String, String>, MessageError> {
    let mut all = BTreeMap::new();
    for (name, value) in map {
        let Some((base, tag)) = name.split_once('#') else { continue };
        let Some(member) = FOR_PEOPLE.into_iter().find(|known| *known == base) else { continue };
        // BCP 47: letters, digits and hyphens.
        let is_tag =
            (1..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match value {
            Value::Null => {}
            Value::String(text) if is_tag => {
                all.insert(name.clone(), text.clone());
            }
            _ => {
                return Err(MessageError::Type {
                    member,
                    form: "a string, with a language tag behind the #",
                });
            }
        }
    }
    Ok(all)
}

impl Member for String {
    const FORM: &'static str = "a string";

    fn read(value: Value) -> Option<Self> {
        if let Value::String(text) = value { Some(text) } else { None }
    }
}

impl Member for Vec<String> {
    const FORM: &'static str = "an array of strings";

    fn read(value: Value) -> Option<Self> {
        let Value::Array(values) = value else { return None };
        values.into_iter().map(String::read).collect()
    }
}

impl Member for bool {
    const FORM: &'static str = "true or false";

    fn read(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Member for i64 {
    const FORM: &'static str = "a whole number";

    fn read(value: Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Member for Map<String, Value> {
    const FORM: &'static str = "an object";

    fn read(value: Value) -> Option<Self> {
        if let Value::Object(map) = value { Some(map) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REQUEST: &[u8] = br##"{
        "redirect_uris": ["https://app.example/cb"], "client_name": "App", "client_name#de": "Anwendung",
        "jwks": {"keys": []}, "default_max_age": 60, "require_auth_time": true, "scope": null,
        "client_id": "mine", "colour": 7, "colour#de": 7
    }"##;

    #[test]
    fn known_members_are_read_and_others_passed_over() {
        let read = ClientMetadata::parse(REQUEST).expect("reads");

        let localized = BTreeMap::from([("client_name#de".to_owned(), "Anwendung".to_owned())]);
        let expected = ClientMetadata {
            redirect_uris: Some(vec!["https://app.example/cb".to_owned()]),
            client_name: Some("App".to_owned()),
            jwks: Some(Map::from_iter([("keys".to_owned(), Value::Array(vec![]))])),
            default_max_age: Some(60),
            require_auth_time: Some(true),
            localized,
            ..ClientMetadata::default()
        };
        assert_eq!(read, expected);
        let printed = serde_json::to_vec(&read).expect("prints");
        assert_eq!(ClientMetadata::parse(&printed).expect("reads"), read);
    }

    #[test]
    fn a_member_of_another_type_is_named() {
        for (body, told) in [
            ("[]", "the message is not a JSON object"),
            ("{", "the message is not a JSON object"),
            (r#"{"scope":"a","scope":"b"}"#, r#"the member "scope" stands twice"#),
            (r#"{"redirect_uris":"https://a.example"}"#, "redirect_uris must be an array of strings"),
            (r#"{"redirect_uris":["a",1]}"#, "redirect_uris must be an array of strings"),
            (r#"{"client_name":1}"#, "client_name must be a string"),
            (r#"{"default_max_age":"1"}"#, "default_max_age must be a whole number"),
            (r#"{"default_max_age":1.5}"#, "default_max_age must be a whole number"),
            (r#"{"require_auth_time":"true"}"#, "require_auth_time must be true or false"),
            (r#"{"jwks":[]}"#, "jwks must be an object"),
            (r##"{"tos_uri#d e":"x"}"##, "tos_uri must be a string, with a language tag behind the #"),
            (r##"{"tos_uri#de":1}"##, "tos_uri must be a string, with a language tag behind the #"),
        ] {
            let error = ClientMetadata::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.to_string(), told);
        }
    }

    #[test]
    fn an_update_names_its_client_and_sets_nothing_of_the_server() {
        let body = br#"{"client_id":"c","client_secret":"s","client_name":"App","client_id_issued_at":null}"#;
        let update = ClientUpdate::parse(body).expect("reads");
        assert_eq!((update.client_id.as_str(), update.client_secret), ("c", Some(Secret::from("s"))));
        assert_eq!(update.metadata.client_name.as_deref(), Some("App"));

        assert_eq!(ClientUpdate::parse(b"{}").expect_err("no id"), MessageError::Missing("client_id"));
        let forbidden = br#"{"client_id":"c","registration_access_token":"mine"}"#;
        let error = ClientUpdate::parse(forbidden).expect_err("forbidden");
        assert_eq!(error, MessageError::Forbidden("registration_access_token"));
    }

    #[test]
    fn what_the_server_answers_is_read_back() {
        let answer = ClientInformation {
            client_id: "c".to_owned(),
            client_secret: Some("s".into()),
            client_secret_expires_at: Some(Time::from_unix(0)),
            client_id_issued_at: Some(Time::from_unix(7)),
            registration_access_token: Some("r".into()),
            registration_client_uri: Some("https://a.example/register/c".to_owned()),
            metadata: ClientMetadata::parse(REQUEST).expect("reads"),
        };
        let printed = serde_json::to_vec(&answer).expect("prints");
        let read = ClientInformation::parse(&printed).expect("reads");
        assert_eq!(serde_json::to_vec(&read).expect("prints"), printed);
    }

    #[test]
    fn what_somebody_vouches_for_wins() {
        let plain = ClientMetadata {
            client_name: Some("Plain".to_owned()),
            scope: Some("a".to_owned()),
            ..ClientMetadata::default()
        };
        let vouched = ClientMetadata { client_name: Some("Vouched".to_owned()), ..ClientMetadata::default() };
        let both = plain.overridden_by(vouched);
        assert_eq!((both.client_name.as_deref(), both.scope.as_deref()), (Some("Vouched"), Some("a")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ClientMetadata::parse(&bytes);
            let _ = ClientUpdate::parse(&bytes);
        }
    }
}
