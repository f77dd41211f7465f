//! Token revocation — RFC 7009. The request has the parameters of introspection.

use crate::introspection::IntrospectionRequest;

/// The request, without client authentication (§2.1).
pub type RevocationRequest = IntrospectionRequest;
