//! Documents on their way to an answer, with the real binary and on both homes of collections: who may see what, what a
//! change does to the next question, kills, versions, clocks, pushes, embedders, and several nodes on one Postgres.

mod clocks;
mod documents;
mod feeds;
mod home;
mod killed;
mod nodes;
mod outage;
mod push;
mod rights;
mod spaces;
mod twins;
mod versions;

/// Every scenario once in the data folder, and once in Postgres where there is one.
macro_rules! on_both_homes {
    ($($file:ident::$scenario:ident),+ $(,)?) => {
        mod embedded {
            $(#[test] fn $scenario() { super::$file::$scenario(&super::home::Home::Embedded); })+
        }
        mod postgres {
            $(#[test] fn $scenario() { super::home::Home::postgres().iter().for_each(super::$file::$scenario); })+
        }
    };
}

on_both_homes! {
    twins::the_forbidden_changes_nothing,
    rights::no_cache_serves_across_groups,
    rights::a_permission_change_holds_for_the_next_question,
    documents::what_is_gone_is_found_no_more,
    killed::an_ingest_can_be_killed_at_any_moment,
    versions::a_rollback_is_seen_by_the_next_request,
    versions::a_pinned_bundle_keeps_its_version,
    clocks::old_access_groups_close_the_collection,
    push::what_is_pushed_is_found_by_the_next_question,
    feeds::a_drop_halts_and_asks,
    feeds::the_history_of_a_feed_is_told,
    spaces::a_collection_moves_to_another_embedder,
}
