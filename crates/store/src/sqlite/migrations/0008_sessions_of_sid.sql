-- What is given in a session needs it to be there.
CREATE INDEX sessions_of_sid ON sessions (sid);
