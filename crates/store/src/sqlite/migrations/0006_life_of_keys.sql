-- A key is published before it is used and after it; `used_until` is empty for the newest one of its purpose.
-- `sealed_by` names the master key under which `material` is sealed.

CREATE TABLE living_keys (
    kid        TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    material   BLOB NOT NULL,
    sealed_by  TEXT,
    created_at INTEGER NOT NULL,
    used_from  INTEGER NOT NULL,
    used_until INTEGER,
    ends_at    INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO living_keys (kid, purpose, material, created_at, used_from)
    SELECT kid, purpose, material, created_at, created_at FROM keys;
DROP TABLE keys;
ALTER TABLE living_keys RENAME TO keys;
CREATE UNIQUE INDEX newest_key_of_purpose ON keys (purpose) WHERE used_until IS NULL;

-- Counts the changes of keys, so that of several that were decided about the same keys one is made.
CREATE TABLE key_generation (
    id         INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO key_generation (id, generation) VALUES (1, 0);
