//! The store contract suite: what every engine must do, one test per clause.
//!
//! ```text
//! hallpass_testkit::contract!(MyEngine::new());          // every engine
//! hallpass_testkit::durable_contract!(MyEngine::new());  // those that keep data past the process
//! ```
//!
//! The expression is evaluated once per clause and gives an [`Engine`] with nothing in it.
#![allow(clippy::unwrap_used)] // clauses are tests

pub mod clients;
pub mod codes;
pub mod consents;
pub mod devices;
pub mod durability;
pub mod hybrid;
pub mod keys;
pub mod logout;
pub mod model;
pub mod refresh;
pub mod registrations;
pub mod replay;
pub mod revocation;
pub mod rotation;
pub mod sessions;
pub mod sweep;
pub mod users;
mod world;

use std::future::Future;
use std::sync::Arc;

use hallpass_server::store::Store;
use hallpass_server::store::memory::MemoryStore;

/// A place where an engine keeps its data. Dropping it clears the place away.
pub trait Engine {
    /// Opens the engine on what is there. Asked again only when nothing of the last one is left.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;
}

/// The in-memory engine.
#[derive(Debug)]
pub struct Memory;

impl Engine for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }
}

/// Runs one clause on a fresh engine, with several threads.
pub fn hold<F: Future<Output = ()>>(engine: impl Engine, clause: impl FnOnce(Arc<dyn Store>) -> F) {
    run(async { clause(engine.open().await).await });
}

/// Runs `future` to its end, with several threads.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.expect("a runtime for a test").block_on(future)
}

/// One `#[test]` per clause, in a module per subject.
#[macro_export]
macro_rules! contract {
    ($engine:expr) => {
        $crate::clauses! { $engine, hold =>
            codes {
                a_code_gives_its_grant_and_records_the_refresh_token,
                a_code_without_a_refresh_token_gives_none,
                of_64_redemptions_at_once_one_is_done_and_the_grant_ends,
                a_second_redemption_ends_every_token_of_the_grant,
                an_unknown_code_is_refused,
                another_client_cannot_burn_a_code,
                another_client_cannot_end_the_grant_of_a_spent_code,
                a_wrong_redirect_uri_does_not_burn_a_code,
                a_wrong_missing_or_unexpected_verifier_does_not_burn_a_code,
                a_code_ends_at_its_expiry_by_the_time_given,
                a_disabled_person_cannot_redeem_and_the_code_stays,
                a_person_who_is_gone_cannot_redeem,
                a_code_is_issued_once,
                a_redemption_that_breaks_spends_nothing,
            }
            devices {
                a_code_is_found_by_its_user_code_while_it_is_open,
                a_user_code_stands_for_one_request,
                an_approved_code_gives_its_grant_and_records_the_refresh_token,
                an_approved_code_without_a_refresh_token_gives_none,
                an_approval_records_the_consent,
                of_64_redemptions_at_once_one_is_done_and_the_grant_ends,
                of_32_answers_at_once_one_counts,
                an_answer_during_polls_is_not_lost,
                a_code_that_waits_remembers_how_it_is_polled,
                a_hurried_poll_gets_the_tokens_when_they_are_there,
                a_denied_code_gives_nothing,
                an_answered_code_cannot_be_answered_again,
                a_grant_of_another_client_is_no_answer,
                a_second_redemption_ends_every_token_of_the_grant,
                another_client_can_neither_poll_nor_burn_a_code,
                an_unknown_code_is_refused,
                a_code_ends_at_its_expiry_by_the_time_given,
                a_grant_that_has_run_out_is_not_given,
                a_disabled_person_cannot_redeem_and_the_code_stays,
                a_redemption_that_breaks_spends_nothing,
                withdrawing_the_consent_ends_an_approved_code,
                removing_the_client_ends_its_codes,
                an_old_code_is_swept,
            }
            hybrid {
                a_grant_that_is_recorded_with_its_code_is_good_at_once,
                a_redemption_joins_the_grant_of_its_code,
                a_second_redemption_ends_what_went_out_beside_the_code,
                of_64_redemptions_that_join_one_is_done_and_the_grant_ends,
                a_code_whose_grant_was_ended_is_refused,
                a_code_whose_grant_was_ended_is_refused_after_a_sweep,
                ending_the_session_ends_the_code_and_what_went_out_beside_it,
                withdrawing_ends_the_code_and_what_went_out_beside_it,
                a_code_is_recorded_with_its_grant_or_not_at_all,
                a_redemption_that_cannot_join_spends_nothing,
            }
            refresh {
                a_kept_token_stays_good_and_its_expiry_moves,
                a_refresh_token_ends_at_its_expiry_by_the_time_given,
                a_narrower_scope_is_given_and_the_grant_keeps_its_own,
                a_scope_beyond_the_grant_is_refused_without_effect,
                a_scope_that_was_withdrawn_is_refused_without_effect,
                another_client_cannot_use_a_refresh_token,
                an_unknown_refresh_token_is_refused,
                a_disabled_person_cannot_refresh_and_the_token_stays,
                a_disabled_person_has_no_good_tokens_until_enabled_again,
                a_grant_ends_at_its_expiry_with_all_its_tokens,
                a_recorded_grant_is_there_with_its_refresh_token,
                a_grant_is_recorded_once,
            }
            rotation {
                a_successor_takes_the_place_of_the_old_token,
                a_lost_answer_is_given_again_inside_the_grace,
                another_successor_is_not_given_inside_the_grace,
                a_reuse_after_the_grace_ends_the_family,
                a_reuse_after_the_successor_was_used_ends_the_family,
                a_superseded_token_is_reuse_for_a_client_that_keeps_its_own,
                of_64_rotations_to_one_successor_all_are_done_and_one_head_lives,
                of_64_rotations_to_different_successors_one_is_done_and_the_family_ends,
                another_client_cannot_end_a_family_by_reuse,
                a_rotation_without_a_successor_breaks_without_effect,
            }
            registrations {
                a_client_is_registered_once,
                a_token_is_good_for_its_uses,
                a_token_that_is_no_good_registers_nothing,
                a_registration_that_breaks_spends_no_use,
                tokens_are_listed_and_revoked,
                of_16_updates_at_once_one_is_done,
                a_client_that_is_gone_does_not_come_back,
                a_client_takes_what_it_was_given_along,
            }
            revocation {
                revoking_a_refresh_token_ends_the_access_tokens_of_its_grant,
                whichever_token_of_a_family_is_revoked_all_of_them_end,
                revoking_again_is_done_again,
                another_clients_token_stays_as_it_is,
                an_unknown_token_is_unknown,
                an_access_token_is_revoked_alone,
                an_access_token_without_a_grant_is_revoked_by_its_jti,
                an_access_token_of_an_unknown_grant_is_not_good,
                a_revocation_while_refreshing_leaves_nothing_good,
            }
            sessions {
                a_session_is_found_with_its_person,
                an_unknown_session_is_not_found,
                a_session_ends_when_it_was_idle_too_long,
                a_used_session_goes_on,
                a_late_note_of_use_does_not_turn_time_back,
                a_session_ends_at_its_expiry_however_much_it_is_used,
                a_disabled_person_has_no_session,
                a_session_id_does_not_survive_a_sign_in,
                the_grants_of_a_person_who_signs_in_again_go_on,
                another_person_in_the_same_browser_ends_the_grants_of_the_first,
                ending_a_session_ends_its_grants_but_not_the_offline_ones,
                ending_a_session_ends_the_codes_that_would_become_its_grants,
                ending_a_session_leaves_other_sessions,
                the_code_of_an_ended_session_is_still_detected_when_spent,
                ending_what_is_not_there_does_nothing,
                nothing_is_given_in_a_session_that_is_over,
                what_is_given_outside_of_sessions_needs_none,
                a_sign_out_among_requests_leaves_nothing_good,
            }
            logout {
                the_clients_of_a_session_are_told_when_it_ends,
                a_session_that_runs_out_tells_nobody,
                signing_in_again_tells_nobody,
                another_person_in_the_same_browser_has_the_clients_of_the_first_told,
                all_sessions_of_a_person_end,
                of_16_who_take_at_once_each_notice_goes_to_one,
                a_notice_that_was_taken_comes_due_again,
                a_notice_that_is_settled_is_gone,
                clients_and_notices_that_are_over_are_swept,
                nobody_enters_a_session_that_is_over,
            }
            consents {
                a_consent_is_found,
                a_wider_consent_keeps_the_date_of_the_first,
                the_claims_of_a_wider_consent_are_added,
                consents_of_64_requests_at_once_are_all_there,
                a_person_sees_all_clients_they_allowed_and_nobody_elses,
                withdrawing_a_consent_ends_grants_and_codes,
                withdrawing_leaves_other_people_and_clients,
            }
            users {
                a_person_is_found_by_id_and_by_every_login,
                a_changed_login_frees_the_old_one,
                a_login_of_somebody_else_records_nothing,
                of_32_people_who_want_one_login_one_gets_it,
            }
            clients {
                a_client_is_found_and_replaced,
                all_clients_by_client_id,
            }
            keys {
                nodes_that_start_together_agree_on_one_key,
                keys_for_different_purposes_stand_side_by_side,
                a_kid_is_not_given_twice,
                a_change_is_made_whole,
                of_many_changes_to_the_same_keys_one_is_made,
                a_purpose_has_one_newest_key,
            }
            replay {
                a_second_use_is_told,
                of_64_uses_at_once_one_is_the_first,
                a_use_is_forgotten_when_it_means_nothing_any_more,
            }
            sweep {
                nothing_that_still_counts_is_removed,
                everything_that_is_over_is_removed_in_batches,
                a_big_family_is_removed_in_batches,
                a_spent_code_is_kept_to_detect_its_second_use,
                a_superseded_token_is_kept_to_detect_its_reuse,
                a_revoked_access_token_stays_revoked_after_its_end,
                the_store_is_ready,
            }
            model {
                random_histories_agree_with_the_model,
            }
        }
    };
}

/// One `#[test]` per clause about what outlives the process.
#[macro_export]
macro_rules! durable_contract {
    ($engine:expr) => {
        $crate::clauses! { $engine, hold_durable =>
            durability {
                everything_is_there_after_reopening,
                a_spent_code_stays_spent_after_reopening,
                a_device_code_is_as_it_was_after_reopening,
                an_ended_grant_stays_ended_after_reopening,
                a_revoked_access_token_stays_revoked_after_reopening,
                a_removed_consent_and_session_stay_away_after_reopening,
                the_clients_of_a_session_are_told_after_reopening,
                a_change_of_keys_is_there_after_reopening,
            }
        }
    };
}

/// Runs one clause that opens the engine itself, more than once.
pub fn hold_durable<E: Engine, F: Future<Output = ()>>(engine: E, clause: impl FnOnce(E) -> F) {
    run(clause(engine));
}

/// What [`contract!`](crate::contract) and [`durable_contract!`](crate::durable_contract) are made of.
#[doc(hidden)]
#[macro_export]
macro_rules! clauses {
    ($engine:expr, $hold:ident => $($subject:ident { $($clause:ident,)* })*) => {
        $(
            mod $subject {
                #[allow(unused_imports)]
                use super::*;
                $(
                    #[test]
                    fn $clause() {
                        $crate::contract::$hold($engine, $crate::contract::$subject::$clause);
                    }
                )*
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    /// A clause that no macro lists would never run.
    #[test]
    fn every_clause_is_listed() {
        let lists = include_str!("mod.rs");
        let sources = [
            include_str!("clients.rs"),
            include_str!("codes.rs"),
            include_str!("consents.rs"),
            include_str!("devices.rs"),
            include_str!("durability.rs"),
            include_str!("hybrid.rs"),
            include_str!("keys.rs"),
            include_str!("logout.rs"),
            include_str!("model.rs"),
            include_str!("refresh.rs"),
            include_str!("replay.rs"),
            include_str!("revocation.rs"),
            include_str!("rotation.rs"),
            include_str!("sessions.rs"),
            include_str!("sweep.rs"),
            include_str!("users.rs"),
        ];
        let clauses = sources.iter().flat_map(|source| source.split("\npub async fn ").skip(1));
        for clause in clauses.filter_map(|rest| rest.split('(').next()) {
            assert!(lists.contains(&format!(" {clause},\n")), "{clause}");
        }
    }
}
