-- A device that asks, and what the person said. `state` is pending, approved, denied or redeemed. From the approval on,
-- `user_id`, `grant_id` and `grant_body` are those of the grant that the device gets.
CREATE TABLE device_codes (
    digest        BLOB PRIMARY KEY,
    user_code     BLOB NOT NULL UNIQUE,
    client_id     TEXT NOT NULL,
    scope         TEXT NOT NULL,
    asked_from    TEXT,
    asked_at      INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    poll_interval INTEGER NOT NULL,
    polled_at     INTEGER,
    state         TEXT NOT NULL,
    user_id       TEXT,
    grant_id      TEXT,
    grant_body    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX device_codes_by_end ON device_codes (expires_at);
CREATE INDEX device_codes_of_client ON device_codes (client_id, user_id);
