//! Algorithms — OpenID Connect Registration §2: what is signed and encrypted how, and the keys that it takes. Only what
//! the server's metadata offers can be registered.

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption};
use hallpass_proto::registration::ClientMetadata;

use super::rule::{Findings, Rule};
use super::rules::Rules;
use crate::entity::client::Client;

impl Rules {
    pub(super) fn assertion_alg(
        &self,
        given: &ClientMetadata,
        method: AuthMethod,
        found: &mut Findings,
    ) -> Option<SigningAlg> {
        const MEMBER: &str = "token_endpoint_auth_signing_alg";
        let text = given.token_endpoint_auth_signing_alg.as_ref()?;
        if !matches!(method, AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt) {
            // Registered by some clients all the same; it is nothing that anybody relies on.
            return text.parse().ok();
        }
        let known: Vec<String> = self
            .server
            .token_endpoint_auth_signing_alg_values_supported
            .iter()
            .filter(|alg| is_symmetric(alg) == (method == AuthMethod::ClientSecretJwt))
            .cloned()
            .collect();
        found.one_of(MEMBER, 0, text, &known).then(|| text.parse().ok()).flatten()
    }

    pub(super) fn id_token_alg(&self, given: &ClientMetadata, found: &mut Findings) -> RegisteredAlg {
        let known = &self.server.id_token_signing_alg_values_supported;
        registered("id_token_signed_response_alg", given.id_token_signed_response_alg.as_ref(), known, found)
            .unwrap_or(RegisteredAlg::Signed(SigningAlg::Rs256))
    }

    /// `none` would be an unsigned JWT where the metadata offers it; absent is plain JSON.
    pub(super) fn userinfo_alg(&self, given: &ClientMetadata, found: &mut Findings) -> Option<SigningAlg> {
        let known = &self.server.userinfo_signing_alg_values_supported;
        registered("userinfo_signed_response_alg", given.userinfo_signed_response_alg.as_ref(), known, found)?
            .signed()
    }

    pub(super) fn request_object_alg(
        &self,
        given: &ClientMetadata,
        found: &mut Findings,
    ) -> Option<RegisteredAlg> {
        let known = &self.server.request_object_signing_alg_values_supported;
        registered("request_object_signing_alg", given.request_object_signing_alg.as_ref(), known, found)
    }

    pub(super) fn id_token_encryption(
        &self,
        given: &ClientMetadata,
        found: &mut Findings,
    ) -> Option<Encryption> {
        let pair = Pair {
            alg: ("id_token_encrypted_response_alg", given.id_token_encrypted_response_alg.as_ref()),
            enc: ("id_token_encrypted_response_enc", given.id_token_encrypted_response_enc.as_ref()),
            algs: &self.server.id_token_encryption_alg_values_supported,
            encs: &self.server.id_token_encryption_enc_values_supported,
        };
        pair.read(found)
    }

    pub(super) fn userinfo_encryption(
        &self,
        given: &ClientMetadata,
        found: &mut Findings,
    ) -> Option<Encryption> {
        let pair = Pair {
            alg: ("userinfo_encrypted_response_alg", given.userinfo_encrypted_response_alg.as_ref()),
            enc: ("userinfo_encrypted_response_enc", given.userinfo_encrypted_response_enc.as_ref()),
            algs: &self.server.userinfo_encryption_alg_values_supported,
            encs: &self.server.userinfo_encryption_enc_values_supported,
        };
        pair.read(found)
    }

    pub(super) fn request_object_encryption(
        &self,
        given: &ClientMetadata,
        found: &mut Findings,
    ) -> Option<Encryption> {
        let pair = Pair {
            alg: ("request_object_encryption_alg", given.request_object_encryption_alg.as_ref()),
            enc: ("request_object_encryption_enc", given.request_object_encryption_enc.as_ref()),
            algs: &self.server.request_object_encryption_alg_values_supported,
            encs: &self.server.request_object_encryption_enc_values_supported,
        };
        pair.read(found)
    }

    /// Whether the client has what its algorithms take: a key of its own, or a secret.
    pub(super) fn algorithms_fit(&self, client: &Client, given: &ClientMetadata, found: &mut Findings) {
        let front = client.response_types.iter().any(|response_type| response_type.id_token());
        if client.id_token_signed_response_alg == RegisteredAlg::None && front {
            found.wrong("id_token_signed_response_alg", Rule::UnsignedInFront);
        }
        let secret = [
            ("id_token_signed_response_alg", client.id_token_signed_response_alg.signed()),
            ("userinfo_signed_response_alg", client.userinfo_signed_response_alg),
            ("request_object_signing_alg", client.request_object_signing_alg.and_then(RegisteredAlg::signed)),
        ];
        for (member, alg) in secret {
            if let Some(alg) = alg.filter(|alg| alg.is_symmetric() && client.is_public()) {
                found.wrong(member, Rule::SecretMissing(alg.to_string()));
            }
        }
        let encrypted = [
            ("id_token_encrypted_response_alg", client.id_token_encrypted_response),
            ("userinfo_encrypted_response_alg", client.userinfo_encrypted_response),
        ];
        for (member, encryption) in encrypted {
            let Some(Encryption { alg, .. }) = encryption else { continue };
            if alg.is_symmetric() && client.is_public() {
                found.wrong(member, Rule::SecretMissing(alg.to_string()));
            }
            if !alg.is_symmetric() && !has_keys(given) {
                found.wrong(member, Rule::KeysMissing(alg.to_string()));
            }
        }
        let method = client.token_endpoint_auth_method;
        if method == AuthMethod::PrivateKeyJwt && !has_keys(given) {
            found.wrong("token_endpoint_auth_method", Rule::KeysMissing(method.to_string()));
        }
        if let Some(RegisteredAlg::Signed(alg)) = client.request_object_signing_alg
            && !alg.is_symmetric()
            && !has_keys(given)
        {
            found.wrong("request_object_signing_alg", Rule::KeysMissing(alg.to_string()));
        }
    }
}

/// A key that is no good is told of by itself.
fn has_keys(given: &ClientMetadata) -> bool {
    given.jwks.is_some() || given.jwks_uri.is_some()
}

fn is_symmetric(alg: &str) -> bool {
    alg.parse::<SigningAlg>().is_ok_and(SigningAlg::is_symmetric)
}

fn registered(
    member: &'static str,
    text: Option<&String>,
    known: &[String],
    found: &mut Findings,
) -> Option<RegisteredAlg> {
    let text = text?;
    if found.one_of(member, 0, text, known) { text.parse().ok() } else { None }
}

/// Two members that say how something is encrypted, and what there is for them.
struct Pair<'a> {
    alg: (&'static str, Option<&'a String>),
    enc: (&'static str, Option<&'a String>),
    algs: &'a [String],
    encs: &'a [String],
}

impl Pair<'_> {
    fn read(self, found: &mut Findings) -> Option<Encryption> {
        let ((alg_member, alg), (enc_member, enc)) = (self.alg, self.enc);
        let Some(alg) = alg else {
            if enc.is_some() {
                found.wrong(enc_member, Rule::EncWithoutAlg(alg_member));
            }
            return None;
        };
        let known_alg = found.one_of(alg_member, 0, alg, self.algs);
        // §2: "If […]_alg is specified, the default for this value is A128CBC-HS256."
        let default = ContentEncryptionAlg::A128CbcHs256.as_str();
        let enc = enc.map_or(default, String::as_str);
        let known_enc = found.one_of(enc_member, 0, enc, self.encs);
        if !known_alg || !known_enc {
            return None;
        }
        Some(Encryption { alg: alg.parse().ok()?, enc: enc.parse().ok()? })
    }
}
