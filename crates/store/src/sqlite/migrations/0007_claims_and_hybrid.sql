-- The claims that a person has allowed a client beside those of a scope: a JSON list of names.
ALTER TABLE consents ADD COLUMN claims TEXT NOT NULL DEFAULT '[]';

-- 1 where the grant was recorded with the code, since tokens went out beside it.
ALTER TABLE codes ADD COLUMN grant_recorded INTEGER NOT NULL DEFAULT 0;
