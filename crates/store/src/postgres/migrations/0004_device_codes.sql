-- A device that asks, and what the person said. `state` is pending, approved, denied or redeemed. From the approval on,
-- `user_id` and what begins with `grant_` are those of the grant that the device gets. `hurried` is whether the last poll
-- came too soon.
CREATE TABLE device_codes (
    digest           BYTEA PRIMARY KEY,
    user_code        BYTEA NOT NULL UNIQUE,
    client_id        TEXT NOT NULL,
    scope            TEXT[] NOT NULL,
    asked_from       TEXT,
    asked_at         BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    poll_interval    BIGINT NOT NULL,
    polled_at        BIGINT,
    hurried          BOOLEAN NOT NULL,
    state            TEXT NOT NULL,
    user_id          TEXT,
    grant_id         TEXT,
    grant_scope      TEXT[],
    grant_expires_at BIGINT,
    grant_body       TEXT
);
CREATE INDEX device_codes_by_end ON device_codes (expires_at);
CREATE INDEX device_codes_of_client ON device_codes (client_id, user_id);
