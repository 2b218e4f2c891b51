//! The list of promises: what [`conformance_tests!`](crate::conformance_tests) makes tests of.

/// Makes a module `conformance` with one test for each promise of the contract.
///
/// Takes an expression that can be called without arguments and gives a
/// [`Subject`](crate::conformance::Subject).
#[macro_export]
macro_rules! conformance_tests {
    ($make:expr) => {
        mod conformance {
            use super::*;

            $crate::conformance_tests! { @each ($make)
                starting: many_callers_at_once_make_one_start,
                    a_running_session_answers_for_itself,
                    an_ended_session_is_not_started_again_unasked,
                    many_callers_that_follow_an_ended_start_make_one,
                    a_program_that_is_not_there_leaves_no_trace,
                    a_program_is_found_on_the_path_of_the_session,
                    a_directory_that_cannot_be_entered_leaves_no_trace,
                    a_start_that_is_dropped_anywhere_is_answered_for_by_the_next;
                observing: an_unknown_session_is_not_found,
                    every_session_is_listed_in_order_of_id,
                    a_running_session_is_described,
                    whoever_watches_and_types_is_counted;
                attaching: a_snapshot_comes_first_and_then_every_byte_once,
                    a_held_offset_gives_exactly_the_bytes_from_there,
                    an_offset_that_is_not_held_gives_a_snapshot,
                    a_late_viewer_sees_what_an_early_one_sees,
                    the_last_byte_comes_before_the_end,
                    an_ended_session_gives_its_final_screen_then_its_end,
                    an_unknown_session_cannot_be_attached_to,
                    a_dropped_wait_loses_no_output,
                    a_viewer_that_does_not_read_stops_nobody;
                controlling: a_second_controller_is_refused_and_told_of_the_first,
                    a_viewer_may_neither_type_nor_resize,
                    stealing_takes_control_and_the_loser_watches_on,
                    a_free_session_can_be_stolen,
                    dropping_an_attachment_frees_control,
                    a_resize_reaches_the_child_and_the_last_one_is_kept,
                    only_a_controllers_size_is_given_to_the_session;
                watching: a_watch_tells_what_is_done_first_and_the_end_last,
                    the_end_of_what_is_over_already_is_told,
                    an_unknown_session_cannot_be_watched,
                    who_watches_is_no_viewer_and_is_told_of_output,
                    a_watcher_that_takes_nothing_delays_nobody,
                    a_stop_is_told_as_what_brought_the_end_about;
                typing: a_mebibyte_arrives_byte_exact_at_a_slow_reader,
                    a_client_that_only_types_is_not_held_up,
                    input_is_sent_without_attaching,
                    inputs_sent_at_once_are_never_mixed,
                    nothing_is_typed_into_what_does_not_run,
                    a_send_that_is_not_read_gives_up;
                capturing: text_has_a_line_for_each_row,
                    lines_above_the_page_are_rendered_when_asked_for,
                    colours_are_rendered_when_asked_for,
                    the_final_screen_can_be_captured,
                    the_alternate_screen_is_captured_while_it_shows,
                    an_unknown_session_cannot_be_captured;
                ending: the_exit_code_is_exact,
                    the_signal_is_exact,
                    what_never_was_is_stopped_and_removed_already,
                    a_program_that_listens_is_asked_and_ends,
                    a_deaf_program_is_killed_after_the_grace,
                    the_whole_tree_is_ended,
                    a_stop_that_names_another_start_does_nothing,
                    an_ended_session_is_stopped_already,
                    a_stop_that_is_dropped_goes_on,
                    two_stops_at_once_tell_the_same_end,
                    a_running_session_is_not_removed,
                    a_removal_that_names_another_start_does_nothing,
                    what_was_removed_leaves_no_trace;
            }
        }
    };
    (@each $make:tt $($theme:ident: $($promise:ident),+;)+) => {
        $($($crate::conformance_tests!(@one $make $theme $promise);)+)+
    };
    (@one ($make:expr) $theme:ident $promise:ident) => {
        #[test]
        fn $promise() {
            $crate::conformance::run($make, $crate::conformance::$theme::$promise);
        }
    };
}
