-- Initial access tokens. `uses_left` and `expires_at` are missing where there is no limit.
CREATE TABLE registration_tokens (
    digest     BLOB PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL,
    uses_left  INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a client has is looked up without the person too, when it is removed: the client comes first.
DROP INDEX codes_of_consent;
CREATE INDEX codes_of_consent ON codes (client_id, user_id) WHERE spent_at IS NULL;
DROP INDEX grants_of_consent;
CREATE INDEX grants_of_consent ON grants (client_id, user_id) WHERE revoked_at IS NULL;
CREATE INDEX consents_of_client ON consents (client_id);
