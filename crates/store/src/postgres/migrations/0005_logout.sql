-- The clients of each browser session that want to hear of its end.
CREATE TABLE session_clients (
    sid        TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_clients_by_end ON session_clients (expires_at);

-- The ends of sessions that clients are still to hear of. Whoever takes a row counts `attempts` up and moves `due_at`.
CREATE TABLE logout_notices (
    sid       TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    ended_at  BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    due_at    BIGINT NOT NULL,
    PRIMARY KEY (sid, client_id)
);
CREATE INDEX logout_notices_by_due ON logout_notices (due_at);

CREATE INDEX sessions_of_user ON sessions (user_id);
