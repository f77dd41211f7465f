//! No step may take longer the more there is: which index each statement uses.

use rusqlite::Connection;

use super::{
    clients, codes, consents, devices, grants, keys, logout, migrate, refresh, registrations, sessions,
    sweep, users,
};

/// Statements, and what SQLite must say of how it runs them, in this order.
const PLANS: &[(&str, &[&str])] = &[
    (clients::ONE, &["SEARCH clients USING PRIMARY KEY (client_id=?)"]),
    (
        codes::WITH_USER,
        &[
            "SEARCH c USING PRIMARY KEY (digest=?)",
            "SEARCH u USING PRIMARY KEY (id=?) LEFT-JOIN",
            "SEARCH g USING PRIMARY KEY (id=?) LEFT-JOIN",
        ],
    ),
    (codes::SPEND, &["SEARCH codes USING PRIMARY KEY (digest=?)"]),
    (codes::END_OF_SID, &["SEARCH codes USING INDEX codes_of_sid (sid=?)"]),
    (codes::END_OF_CONSENT, &["SEARCH codes USING INDEX codes_of_consent (client_id=? AND user_id=?)"]),
    (consents::ONE, &["SEARCH consents USING PRIMARY KEY (user_id=? AND client_id=?)"]),
    (consents::OF_USER, &["SEARCH consents USING PRIMARY KEY (user_id=?)"]),
    (consents::REMOVE, &["SEARCH consents USING PRIMARY KEY (user_id=? AND client_id=?)"]),
    (
        devices::TAKEN,
        &["SEARCH device_codes USING COVERING INDEX sqlite_autoindex_device_codes_2 (user_code=?)"],
    ),
    (
        devices::BY_USER_CODE,
        &["SEARCH device_codes USING INDEX sqlite_autoindex_device_codes_2 (user_code=?)"],
    ),
    (
        devices::WITH_USER,
        &["SEARCH d USING PRIMARY KEY (digest=?)", "SEARCH u USING PRIMARY KEY (id=?) LEFT-JOIN"],
    ),
    (devices::APPROVE, &["SEARCH device_codes USING PRIMARY KEY (digest=?)"]),
    (devices::DENY, &["SEARCH device_codes USING PRIMARY KEY (digest=?)"]),
    (devices::POLLED, &["SEARCH device_codes USING PRIMARY KEY (digest=?)"]),
    (devices::SPEND, &["SEARCH device_codes USING PRIMARY KEY (digest=?)"]),
    (
        devices::END_OF_CONSENT,
        &["SEARCH device_codes USING INDEX device_codes_of_client (client_id=? AND user_id=?)"],
    ),
    (devices::END_OF_CLIENT, &["SEARCH device_codes USING INDEX device_codes_of_client (client_id=?)"]),
    (
        grants::INSERT_FROM_CODE,
        &[
            "SEARCH codes USING PRIMARY KEY (digest=?)",
            "SEARCH refresh_tokens USING INDEX refresh_tokens_of_grant (grant_id=?)",
        ],
    ),
    (grants::END, &["SEARCH grants USING PRIMARY KEY (id=?)"]),
    (grants::END_OF_SID, &["SEARCH grants USING INDEX grants_of_sid (sid=?)"]),
    (grants::END_OF_CONSENT, &["SEARCH grants USING INDEX grants_of_consent (client_id=? AND user_id=?)"]),
    (grants::OF_TOKEN, &["SEARCH t USING PRIMARY KEY (digest=?)", "SEARCH g USING PRIMARY KEY (id=?)"]),
    (
        grants::GOOD,
        &[
            "SEARCH g USING PRIMARY KEY (id=?)",
            "SCALAR SUBQUERY 1",
            "SEARCH revoked_access_tokens USING PRIMARY KEY (jti=?)",
            "SEARCH u USING PRIMARY KEY (id=?)",
        ],
    ),
    (grants::REVOKED_ACCESS, &["SEARCH revoked_access_tokens USING PRIMARY KEY (jti=?)"]),
    (logout::KEEP, &["SEARCH session_clients USING PRIMARY KEY (sid=?)"]),
    (logout::LEAVE, &["SEARCH session_clients USING PRIMARY KEY (sid=?)"]),
    (logout::DUE, &["SEARCH logout_notices USING INDEX logout_notices_by_due (due_at<?)"]),
    (logout::TAKE, &["SEARCH logout_notices USING PRIMARY KEY (sid=? AND client_id=?)"]),
    (logout::POSTPONE, &["SEARCH logout_notices USING PRIMARY KEY (sid=? AND client_id=?)"]),
    (logout::SETTLE, &["SEARCH logout_notices USING PRIMARY KEY (sid=? AND client_id=?)"]),
    (logout::SESSIONS_OF_USER, &["SEARCH sessions USING COVERING INDEX sessions_of_user (user_id=?)"]),
    (keys::TURN, &["SEARCH key_generation USING INTEGER PRIMARY KEY (rowid=?)"]),
    (keys::REMOVE, &["SEARCH keys USING PRIMARY KEY (kid=?)"]),
    (
        refresh::WITH_FAMILY,
        &[
            "SEARCH t USING PRIMARY KEY (digest=?)",
            "SEARCH g USING PRIMARY KEY (id=?)",
            "SEARCH u USING PRIMARY KEY (id=?) LEFT-JOIN",
            "SEARCH s USING PRIMARY KEY (digest=?) LEFT-JOIN",
        ],
    ),
    (
        refresh::HEAD,
        &[
            "SEARCH t USING PRIMARY KEY (digest=?)",
            "SEARCH g USING PRIMARY KEY (id=?)",
            "SEARCH u USING PRIMARY KEY (id=?)",
        ],
    ),
    (refresh::KEEP, &["SEARCH refresh_tokens USING PRIMARY KEY (digest=?)"]),
    (refresh::SUPERSEDE, &["SEARCH refresh_tokens USING PRIMARY KEY (digest=?)"]),
    (registrations::TOKEN, &["SEARCH registration_tokens USING PRIMARY KEY (digest=?)"]),
    (registrations::SPEND, &["SEARCH registration_tokens USING PRIMARY KEY (digest=?)"]),
    (registrations::UPDATE, &["SEARCH clients USING PRIMARY KEY (client_id=?)"]),
    (registrations::DELETE, &["SEARCH clients USING PRIMARY KEY (client_id=?)"]),
    (registrations::END_CODES, &["SEARCH codes USING INDEX codes_of_consent (client_id=?)"]),
    (registrations::END_GRANTS, &["SEARCH grants USING INDEX grants_of_consent (client_id=?)"]),
    (registrations::END_CONSENTS, &["SEARCH consents USING INDEX consents_of_client (client_id=?)"]),
    (sessions::WITH_USER, &["SEARCH s USING PRIMARY KEY (digest=?)", "SEARCH u USING PRIMARY KEY (id=?)"]),
    (sessions::TOUCH, &["SEARCH sessions USING PRIMARY KEY (digest=?)"]),
    (sessions::OF_SID, &["SEARCH sessions USING COVERING INDEX sessions_of_sid (sid=?)"]),
    (sessions::REMOVE, &["SEARCH sessions USING PRIMARY KEY (digest=?)"]),
    (sweep::GRANTS, &["SEARCH grants USING COVERING INDEX grants_by_end (ends_at<?)"]),
    (
        sweep::TOKENS_OF_GRANT,
        &[
            "SEARCH refresh_tokens USING PRIMARY KEY (digest=?)",
            "LIST SUBQUERY 1",
            "SEARCH refresh_tokens USING COVERING INDEX refresh_tokens_of_grant (grant_id=?)",
        ],
    ),
    (
        sweep::CODES,
        &[
            "SEARCH codes USING PRIMARY KEY (digest=?)",
            "LIST SUBQUERY 1",
            "SEARCH codes USING COVERING INDEX codes_by_end (expires_at<?)",
        ],
    ),
    (
        sweep::DEVICE_CODES,
        &[
            "SEARCH device_codes USING PRIMARY KEY (digest=?)",
            "LIST SUBQUERY 1",
            "SEARCH device_codes USING COVERING INDEX device_codes_by_end (expires_at<?)",
        ],
    ),
    (
        sweep::SESSIONS,
        &[
            "SEARCH sessions USING PRIMARY KEY (digest=?)",
            "LIST SUBQUERY 1",
            "SEARCH sessions USING COVERING INDEX sessions_by_end (expires_at<?)",
        ],
    ),
    (
        sweep::SESSION_CLIENTS,
        &[
            "SEARCH session_clients USING PRIMARY KEY (sid=? AND client_id=?)",
            "LIST SUBQUERY 2",
            "SEARCH session_clients USING COVERING INDEX session_clients_by_end (expires_at<?)",
        ],
    ),
    (
        sweep::NOTICES,
        &[
            "SEARCH logout_notices USING PRIMARY KEY (sid=? AND client_id=?)",
            "LIST SUBQUERY 2",
            "SEARCH logout_notices USING COVERING INDEX logout_notices_by_due (due_at<?)",
        ],
    ),
    (
        sweep::REVOKED_ACCESS_TOKENS,
        &[
            "SEARCH revoked_access_tokens USING PRIMARY KEY (jti=?)",
            "LIST SUBQUERY 1",
            "SEARCH revoked_access_tokens USING COVERING INDEX revoked_access_tokens_by_end (expires_at<?)",
        ],
    ),
    (
        sweep::GRANT,
        &[
            "SEARCH grants USING PRIMARY KEY (id=?)",
            "SEARCH refresh_tokens USING INDEX refresh_tokens_of_grant (grant_id=?)",
        ],
    ),
    (
        sweep::USED,
        &[
            "SEARCH used USING PRIMARY KEY (digest=?)",
            "LIST SUBQUERY 1",
            "SEARCH used USING COVERING INDEX used_by_end (expires_at<?)",
        ],
    ),
    (users::BY_ID, &["SEARCH users USING PRIMARY KEY (id=?)"]),
    (users::BY_LOGIN, &["SEARCH l USING PRIMARY KEY (login=?)", "SEARCH u USING PRIMARY KEY (id=?)"]),
    (users::FREE_LOGINS, &["SEARCH logins USING COVERING INDEX logins_of_user (user_id=?)"]),
];

#[test]
fn every_statement_runs_along_its_index() {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::run(&mut db, migrate::MIGRATIONS, "plans.db".as_ref()).unwrap();
    for (sql, expected) in PLANS {
        assert_eq!(plan(&db, sql), *expected, "{sql}");
    }
}

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let n = explained.parameter_count();
    let rows = explained.query_map(rusqlite::params_from_iter(vec![1; n]), |row| row.get("detail")).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
