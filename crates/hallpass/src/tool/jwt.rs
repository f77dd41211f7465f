//! `hallpass jwt`: what a token says, and whether it is true — RFC 7519.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::jose::jwk::JwkSet;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use serde_json::Value;

use super::options::JwtOptions;
use super::{discover, read_secret};
use crate::output::say;

/// Prints header and claims. Asked to verify, it fails when anything is wrong.
pub(crate) async fn run(options: &JwtOptions) -> Result<(), String> {
    let token = match &options.token {
        Some(token) if token != "-" => token.trim().to_owned(),
        Some(_) | None => read_secret("Token: ")?.expose().clone(),
    };
    let token = token.strip_prefix("Bearer ").unwrap_or(&token);
    let now = Env::system().now();
    let (header, claims) = parts(token)?;
    say(&describe(&header, &claims, now));
    if options.issuer.is_none() && options.jwks.is_none() && options.audience.is_none() {
        say("not verified: --issuer URL or --jwks FILE does\n");
        return Ok(());
    }
    let mut wrong = checks(options, &claims, now);
    match verified_by(options, token).await? {
        Some(Ok(kid)) => say(&format!("signature  good, by the key {kid:?}\n")),
        Some(Err(why)) => wrong.insert(0, why),
        None => {}
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("this token is not good: {}", wrong.join("; "))) }
}

fn parts(token: &str) -> Result<(Value, Value), String> {
    let parts: Vec<&str> = token.split('.').collect();
    match parts.as_slice() {
        [header, payload, _] => Ok((part("header", header)?, part("payload", payload)?)),
        [_, _, _, _, _] => {
            Err("this token is encrypted (five parts): only its recipient can look into it".to_owned())
        }
        _ => Err(format!("a JWT has three parts between dots, this text has {}", parts.len())),
    }
}

fn part(name: &str, text: &str) -> Result<Value, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|e| format!("its {name} is not base64url: {e}"))?;
    serde_json::from_slice(&bytes).map_err(|e| format!("its {name} is not JSON: {e}"))
}

fn describe(header: &Value, claims: &Value, now: Time) -> String {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let mut text =
        format!("header     {header}\nclaims     {}\n", pretty(claims).replace('\n', "\n           "));
    for (name, word) in [("iat", "issued"), ("auth_time", "signed in"), ("nbf", "begins"), ("exp", "ends")] {
        if let Some(at) = claims[name].as_f64() {
            let _ = writeln!(text, "{word:<10} {}", relative(at as i64 - now.unix()));
        }
    }
    text
}

/// `in 9 min`, `3 h ago`.
fn relative(seconds: i64) -> String {
    let distance = seconds.unsigned_abs();
    let words = match distance {
        0..120 => format!("{distance} s"),
        120..7_200 => format!("{} min", distance / 60),
        7_200..172_800 => format!("{} h", distance / 3_600),
        _ => format!("{} days", distance / 86_400),
    };
    if seconds < 0 { format!("{words} ago") } else { format!("in {words}") }
}

/// What is wrong with the claims.
fn checks(options: &JwtOptions, claims: &Value, now: Time) -> Vec<String> {
    let mut wrong = Vec::new();
    let seconds = |name: &str| claims[name].as_f64().map(|at| at as i64);
    match seconds("exp") {
        Some(exp) if exp <= now.unix() => wrong.push(format!("it ended {}", relative(exp - now.unix()))),
        Some(_) | None => {}
    }
    if let Some(nbf) = seconds("nbf").filter(|nbf| *nbf > now.unix()) {
        wrong.push(format!("it begins {}", relative(nbf - now.unix())));
    }
    if let Some(issuer) = &options.issuer
        && claims["iss"].as_str() != Some(issuer)
    {
        wrong.push(format!("its iss is {}, not {issuer:?}", claims["iss"]));
    }
    if let Some(audience) = &options.audience {
        let holds = match &claims["aud"] {
            Value::String(aud) => aud == audience,
            Value::Array(list) => list.iter().any(|aud| aud.as_str() == Some(audience)),
            _ => false,
        };
        if !holds {
            wrong.push(format!("its aud is {}, without {audience:?}", claims["aud"]));
        }
    }
    wrong
}

/// The key that the signature is good by; none when nobody asked.
async fn verified_by(options: &JwtOptions, token: &str) -> Result<Option<Result<String, String>>, String> {
    let jws = match CompactJws::parse(token) {
        Ok(jws) => jws,
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    let (kid, alg) = (jws.header().kid.clone(), jws.header().alg);
    let key = match (&options.issuer, &options.jwks) {
        (Some(issuer), _) => {
            let provider = discover(issuer).await?;
            provider.keys().get(kid.as_deref(), alg).await.map_err(|error| error.to_string())
        }
        (None, Some(file)) => {
            let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            let set = JwkSet::parse(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
            let fits = |jwk: &&hallpass_proto::jose::jwk::Jwk| kid.is_none() || jwk.kid == kid;
            let mut usable = set.keys.iter().filter(fits).filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok());
            let found = usable.find(|key| key.verifies(alg));
            found.map(std::sync::Arc::new).ok_or_else(|| "no key of the file fits it".to_owned())
        }
        (None, None) => return Ok(None),
    };
    let verified = key.and_then(|key| jws.verify(&key).map_err(|error| error.to_string()));
    Ok(Some(verified.map(|_| kid.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_words() {
        for (seconds, words) in [
            (0, "in 0 s"),
            (-119, "119 s ago"),
            (540, "in 9 min"),
            (-10_800, "3 h ago"),
            (864_000, "in 10 days"),
        ] {
            assert_eq!(relative(seconds), words);
        }
    }

    #[test]
    fn what_is_no_jwt_is_told_so() {
        assert!(parts("opaque").expect_err("one part").contains("has 1"));
        assert!(parts("a.b.c.d.e").expect_err("encrypted").contains("encrypted"));
        assert!(parts("!.e30.x").expect_err("no base64url").contains("header is not base64url"));
        assert!(parts("e30.bm8.x").expect_err("no JSON").contains("payload is not JSON"));
    }
}
