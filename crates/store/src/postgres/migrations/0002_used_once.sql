-- Assertions and proofs that came once: the digest of whose they are and of their `jti`.
CREATE TABLE used (
    digest     BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_by_end ON used (expires_at);
