//! Why a key is not used — RFC 7517, RFC 7518, RFC 8725 §3.5.

use super::alg::SigningAlg;
use super::encryption::KeyManagementAlg;

/// The rule that a key breaks. Holds nothing of the key itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejected {
    /// Not a JSON object, or a member of it has another type than RFC 7517 gives it.
    #[error("not a JWK")]
    NotKey,
    /// A member that every key of its type has.
    #[error("the key has no {0}")]
    MemberMissing(&'static str),
    /// A member that only a private or symmetric key has.
    #[error("the key has the private member {0}: it is not a public key, and is no secret any more")]
    PrivateMember(&'static str),
    /// `kty` is not `RSA`, `EC` or `OKP`.
    #[error("the kty is not RSA, EC or OKP")]
    KtyUnknown,
    /// `crv` is not `P-256`, `P-384`, `P-521` (EC), `Ed25519` or `X25519` (OKP).
    #[error("the curve is not P-256, P-384, P-521, Ed25519 or X25519")]
    CrvUnknown,
    /// A member is not base64url without padding, or has zero octets in front of a number.
    #[error("{0} is not base64url in its shortest form")]
    Encoding(&'static str),
    /// RFC 7518 §6.2.1.2: a coordinate has "the full size of a coordinate".
    #[error("{0} does not have the length of its curve")]
    CoordinateLength(&'static str),
    /// The point is not on its curve, or is one of the few that any signature fits.
    #[error("the public key is not a usable point of its curve")]
    Point,
    /// RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used". Beyond 8192 bits a signature takes too long to check.
    #[error("the RSA modulus has {0} bits, not 2048 to 8192")]
    RsaSize(usize),
    /// An even modulus.
    #[error("the RSA modulus is even")]
    RsaModulus,
    /// An exponent that is even, below 3, or beyond 33 bits.
    #[error("the RSA exponent is not an odd number from 3 to 2^33")]
    RsaExponent,
    /// The modulus has the structure of the keys of CVE-2017-15361, which can be factored.
    #[error("the RSA key comes from a generator whose keys can be factored (ROCA)")]
    Roca,
    /// `use` is not `sig`.
    #[error("the key's use is not sig")]
    Use,
    /// `key_ops` has no `verify`.
    #[error("the key's key_ops do not have verify")]
    KeyOps,
    /// `alg` is not a signature algorithm, or not one that keys of this type have.
    #[error("the key's alg is not a signature algorithm of its type")]
    Alg,
    /// `use` is not `enc`.
    #[error("the key's use is not enc")]
    UseNotEnc,
    /// `key_ops` has nothing that encrypts.
    #[error("the key's key_ops have none of encrypt, wrapKey, deriveKey and deriveBits")]
    KeyOpsNotEnc,
    /// The key is not of the type that the encryption algorithm takes, or its `alg` is another one.
    #[error("the key is not one for {0}")]
    EncryptionAlg(KeyManagementAlg),
    /// RFC 7518 §4.4, §4.5: the key has the length that the algorithm says.
    #[error("the key has {length} bytes, and {needed} are needed")]
    SharedKeyLength {
        /// How many bytes there are.
        length: usize,
        /// How many there must be.
        needed: usize,
    },
    /// RFC 7518 §3.2: an HMAC key is at least as long as the hash.
    #[error("the secret has {length} bytes, and {alg} needs at least {needed}")]
    HmacSecretShort {
        /// The algorithm.
        alg: SigningAlg,
        /// How many bytes there are.
        length: usize,
        /// How many there must be.
        needed: usize,
    },
    /// HMAC was asked for with another algorithm.
    #[error("{0} does not work with a shared secret")]
    NotSymmetric(SigningAlg),
    /// A key pair was asked for, of an algorithm that has none.
    #[error("{0} does not work with a key pair")]
    Symmetric(SigningAlg),
    /// Not PKCS#8, or a key pair of another type.
    #[error("the private key is not PKCS#8 of a key for {0}")]
    Pkcs8(SigningAlg),
    /// Not a private key of the type that was asked for.
    #[error("the bytes are not a private key of this type")]
    PrivateKey,
    /// The cryptographic library failed.
    #[error("the key cannot be made or written")]
    Library,
}
