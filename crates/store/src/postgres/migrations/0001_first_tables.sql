-- Times are seconds since the epoch; digests are SHA-256, 32 bytes. `body` is the entity as JSON, which nothing is
-- ever looked up in.

CREATE TABLE clients (
    client_id TEXT PRIMARY KEY,
    body      TEXT NOT NULL
);

CREATE TABLE users (
    id       TEXT PRIMARY KEY,
    disabled BOOLEAN NOT NULL,
    body     TEXT NOT NULL
);

CREATE TABLE logins (
    login   TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id)
);
CREATE INDEX logins_of_user ON logins (user_id);

CREATE TABLE sessions (
    digest     BYTEA PRIMARY KEY,
    sid        TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    auth_time  BIGINT NOT NULL,
    amr        TEXT[] NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE consents (
    user_id    TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    scope      TEXT[] NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

-- `sid` only where the grant ends with the session.
CREATE TABLE codes (
    digest           BYTEA PRIMARY KEY,
    grant_id         TEXT NOT NULL,
    client_id        TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    sid              TEXT,
    scope            TEXT[] NOT NULL,
    redirect_uri     TEXT NOT NULL,
    code_challenge   TEXT,
    nonce            TEXT,
    expires_at       BIGINT NOT NULL,
    spent_at         BIGINT,
    grant_expires_at BIGINT NOT NULL,
    grant_body       TEXT NOT NULL
);
CREATE INDEX codes_by_end ON codes (expires_at);
CREATE INDEX codes_of_sid ON codes (sid) WHERE sid IS NOT NULL AND spent_at IS NULL;
CREATE INDEX codes_of_consent ON codes (user_id, client_id) WHERE spent_at IS NULL;

-- `ends_at` is when it expires, or when it was revoked before that. `sid` only where it ends with the session.
CREATE TABLE grants (
    id         TEXT PRIMARY KEY,
    client_id  TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    sid        TEXT,
    scope      TEXT[] NOT NULL,
    ends_at    BIGINT NOT NULL,
    revoked_at BIGINT,
    body       TEXT NOT NULL
);
CREATE INDEX grants_by_end ON grants (ends_at);
CREATE INDEX grants_of_sid ON grants (sid) WHERE sid IS NOT NULL AND revoked_at IS NULL;
CREATE INDEX grants_of_consent ON grants (user_id, client_id) WHERE revoked_at IS NULL;

-- The newest token of each family. A rotation writes the successor in its place.
CREATE TABLE refresh_tokens (
    digest     BYTEA PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id),
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_of_grant ON refresh_tokens (grant_id);

-- Those that came before it: these rows never change.
CREATE TABLE superseded_tokens (
    digest        BYTEA PRIMARY KEY,
    grant_id      TEXT NOT NULL REFERENCES grants (id),
    superseded_at BIGINT NOT NULL,
    superseded_by BYTEA NOT NULL
);
CREATE INDEX superseded_tokens_of_grant ON superseded_tokens (grant_id);

CREATE TABLE revoked_access_tokens (
    jti        TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_access_tokens_by_end ON revoked_access_tokens (expires_at);

CREATE TABLE keys (
    kid        TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL UNIQUE,
    material   BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row that is written to see whether the database can be written.
CREATE TABLE heartbeat (
    id    BIGINT PRIMARY KEY,
    beats BIGINT NOT NULL
);
INSERT INTO heartbeat (id, beats) VALUES (1, 0);
