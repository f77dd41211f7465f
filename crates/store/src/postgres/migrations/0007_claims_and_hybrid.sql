-- The claims that a person has allowed a client beside those of a scope.
ALTER TABLE consents ADD COLUMN claims TEXT[] NOT NULL DEFAULT '{}';

-- Whether the grant was recorded with the code, since tokens went out beside it.
ALTER TABLE codes ADD COLUMN grant_recorded BOOLEAN NOT NULL DEFAULT FALSE;
