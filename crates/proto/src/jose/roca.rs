//! ROCA — CVE-2017-15361: RSA keys of some smart cards and TPMs, whose modulus gives away its factors.
//!
//! Their primes are `k · M + (65537^a mod M)` with `M` the product of the first small primes, so the modulus is a power
//! of 65537 modulo each of those primes. That a sound modulus is so for all of them happens about once in 2^27 keys.

/// The primes that divide `M` for every size of key.
const PRIMES: [u32; 39] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a modulus (big-endian) has the structure.
pub(crate) fn is_vulnerable(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&p| is_power_of_65537(remainder(modulus, p), p))
}

fn remainder(number: &[u8], p: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % p)
}

fn is_power_of_65537(number: u32, p: u32) -> bool {
    let mut power = 1;
    for _ in 0..p {
        if power == number {
            return true;
        }
        power = power * (65537 % p) % p;
    }
    false
}
