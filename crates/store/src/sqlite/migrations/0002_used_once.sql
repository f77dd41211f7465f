-- Assertions and proofs that came once: the digest of whose they are and of their `jti`.
CREATE TABLE used (
    digest     BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_by_end ON used (expires_at);
