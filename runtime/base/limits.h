#pragma once
// Every limit that a user can meet: what it bounds and what happens at it. Limits that an operator
// may change are defaults here and options of the server. Not here: the times of a connection
// (http/wire/request_reader.h), and constants that only tune.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::limits {

using namespace std::chrono_literals;

// --- what users send ---------------------------------------------------------------------------
/// Nesting of JSON in requests, definitions and function results. Beyond: `invalid_json`.
inline constexpr std::size_t json_depth_max = 100;
/// Body of a trigger or management request. Beyond: 413 `payload_too_large`.
inline constexpr std::size_t request_body_bytes_max = 64u << 20;
/// Request line plus headers. Beyond: the connection is closed with 431.
inline constexpr std::size_t request_header_bytes_max = 16u << 10;
/// Path and query of a request. Beyond: 414 `uri_too_long`.
inline constexpr std::size_t request_target_bytes_max = 8u << 10;
/// Fields of a form, or parameters of a query; parts of a multipart form. Beyond: `limit_exceeded`.
inline constexpr std::size_t form_fields_max = 10'000;
inline constexpr std::size_t form_parts_max = 1'000;
/// Beyond: `unauthorized`.
inline constexpr std::size_t user_token_bytes_max = 8u << 10;
inline constexpr std::size_t definition_bytes_max = 4u << 20;
inline constexpr std::size_t steps_per_workflow_max = 500;
/// Fan-outs and branches inside each other. Beyond: `invalid_definition`.
inline constexpr std::size_t step_nesting_max = 16;
/// Nesting of what is stored: a user's value, the arrays that fan-outs put around it, and our own
/// members. Nothing deeper may be written, because it could not be read again.
inline constexpr std::size_t stored_depth_max = json_depth_max + step_nesting_max + 16;
inline constexpr std::size_t id_bytes_max = 128;
inline constexpr std::size_t function_code_bytes_max = 1u << 20;
inline constexpr std::size_t template_bytes_max = 256u << 10;
/// Conditions of one conditional in the compiled form, once they are an OR of ANDs, which can be many
/// more than were given. Beyond: `invalid_definition`.
inline constexpr std::size_t compiled_conditions_max = 1'000;

// --- one execution -----------------------------------------------------------------------------
/// Elements of one fan-out. Beyond: the step fails with `limit_exceeded`.
inline constexpr std::size_t fan_out_items_max = 100'000;
/// Fan-out children of one run that are in memory at once; the others wait their turn.
inline constexpr std::size_t fan_out_children_live_max = 512;
inline constexpr auto delay_max = 366 * 24h;
/// `timeout` of any step: it may enclose delays. Beyond: `invalid_definition`.
inline constexpr auto step_timeout_max = delay_max;
/// A step's own `retry`: how often, each wait, and what a wait may be multiplied with for the next.
/// Beyond: `invalid_definition`.
inline constexpr std::size_t retries_max = 20;
inline constexpr auto retry_delay_max = 24h;
inline constexpr double retry_factor_max = 100;
/// How long a connection is held for a Response step before it is answered 542.
inline constexpr auto response_hold_max = 55s;
/// The message of a failed step, after secrets are taken out of it. Beyond: it is cut.
inline constexpr std::size_t error_message_bytes_max = 4'096;
/// Events after which a branch's machine is snapshotted.
inline constexpr std::size_t snapshot_every_events = 64;

// --- functions (defaults; docs/steps.md) -------------------------------------------------------
inline constexpr auto function_time_max = 30s;
inline constexpr std::size_t function_memory_bytes_max = 128u << 20;
inline constexpr std::size_t function_output_bytes_max = 50u << 20;
/// What a definition may set instead of the defaults. Beyond: `invalid_definition`.
inline constexpr auto function_time_settable_max = 15min;
inline constexpr std::size_t function_memory_settable_min = 16u << 20;
inline constexpr std::size_t function_memory_settable_max = 512u << 20;
inline constexpr std::size_t console_lines_max = 1'000;
inline constexpr std::size_t console_bytes_max = 1u << 20;

// --- outbound requests (defaults; docs/steps.md) -----------------------------------------------
inline constexpr auto request_time_max = 60s;
/// What a definition may set as `timeout` of a request. Beyond: `invalid_definition`.
inline constexpr auto request_time_settable_max = 15min;
/// The URL of a request, and of each redirect. Beyond: `invalid_url`.
inline constexpr std::size_t outbound_url_bytes_max = 64u << 10;
/// Headers of one request together. Beyond: `invalid_parameters`.
inline constexpr std::size_t outbound_header_bytes_max = 256u << 10;
/// A response body, after decompression. Beyond: `response_too_large`.
inline constexpr std::size_t response_bytes_max = 50u << 20;
/// Header lines of one response together. Beyond: `response_too_large`.
inline constexpr std::size_t response_header_bytes_max = 256u << 10;
inline constexpr int redirects_max = 5;
/// The longest `Retry-After` that is honoured; a longer one is cut to this.
inline constexpr auto retry_after_max = 15min;
/// Pages of one paginated request: what `max` may say, and what holds without it. All pages together
/// may have `response_bytes_max` bytes. Beyond: the pages so far, with the error beside them.
inline constexpr std::uint32_t pages_settable_max = 10'000;
inline constexpr std::uint32_t pages_max = 100;
/// Calls in the air at once, of one node and of one project. Beyond: they wait their turn, projects
/// by round robin.
inline constexpr std::size_t outbound_calls_max = 4'096;
inline constexpr std::size_t outbound_calls_per_project_max = 1'024;
/// Calls that wait. Beyond: `overloaded`.
inline constexpr std::size_t outbound_waiting_max = 200'000;
/// How long a call waits for its turn; its `timeout` begins then. Beyond: `overloaded`.
inline constexpr auto outbound_waiting_time_max = 1h;

// --- values ---------------------------------------------------------------------------------------
/// A template's value, rendered. Beyond: the step fails, `limit_exceeded`.
inline constexpr std::size_t rendered_bytes_max = 128u << 20;

// --- files ---------------------------------------------------------------------------------------
/// One file. Beyond: `payload_too_large` for what comes in, `response_too_large` for a response.
inline constexpr std::size_t file_bytes_max = 50u << 20;
inline constexpr std::size_t files_per_request_max = 100;
/// Files are stored in rows of this size.
inline constexpr std::size_t file_chunk_bytes = 1u << 20;
/// The files of one request, or of one response, each as often as it is sent. Beyond: `limit_exceeded`.
inline constexpr std::size_t files_sent_bytes_max = 200u << 20;
/// The same of a function's parameters, which see files as hex.
inline constexpr std::size_t file_in_function_bytes_max = 10u << 20;

// --- a project's definitions ---------------------------------------------------------------------
inline constexpr std::size_t secrets_per_project_max = 1'000;
inline constexpr std::size_t secret_bytes_max = 64u << 10;
inline constexpr std::size_t integrations_per_project_max = 1'000;
inline constexpr std::size_t actions_per_integration_max = 1'000;
inline constexpr std::size_t webhooks_per_integration_max = 100;
inline constexpr std::size_t triggers_per_integration_max = 1'000;
inline constexpr std::size_t events_per_project_max = 1'000;
/// An app event's example payload. Beyond: `limit_exceeded`.
inline constexpr std::size_t event_schema_bytes_max = 256u << 10;
/// Runs that one event may start: its workflows, each on every account that has it enabled. Beyond:
/// `limit_exceeded`, and none of them begins.
inline constexpr std::size_t runs_per_event_max = 1'000;
/// Elements of one webhook delivery; runs that it may start for one user. Beyond: `limit_exceeded`, and
/// nothing of it begins (of the runs: nothing for that user).
inline constexpr std::size_t delivery_elements_max = 1'000;
inline constexpr std::size_t runs_per_delivery_max = runs_per_event_max;
/// Users whom one delivery may reach. Beyond: `limit_exceeded`, and nothing begins.
inline constexpr std::size_t users_per_delivery_max = 1'000;
/// Signatures in one delivery that are compared; more are not looked at.
inline constexpr std::size_t signatures_per_delivery_max = 16;
/// What a challenge may have echoed. Beyond: `invalid_request`.
inline constexpr std::size_t challenge_bytes_max = 4u << 10;
/// A delivery's id, as its provider gives it. Beyond: `invalid_request`.
inline constexpr std::size_t delivery_id_bytes_max = 1'024;
/// `Idempotency-Key` of a trigger. Beyond: `invalid_request`.
inline constexpr std::size_t idempotency_key_bytes_max = 255;
/// How long a repeat of a delivery, or of a trigger with its key, is recognised.
inline constexpr auto received_kept_for = 24h;
/// How old, or how far ahead, a delivery's timestamp may be, unless the webhook says otherwise; what it
/// may say.
inline constexpr auto delivery_tolerance = 5min;
inline constexpr auto delivery_tolerance_max = 24h;
/// Public keys that verify user tokens. Beyond: `limit_exceeded`; a longer PEM text: `invalid_request`.
inline constexpr std::size_t signing_keys_per_project_max = 16;
inline constexpr std::size_t signing_key_pem_bytes_max = 16u << 10;
/// Outside of these: `invalid_request`. Verification costs grow with the square of the size; larger
/// keys would let a tenant burn our CPU.
inline constexpr int signing_key_bits_min = 2'048;
inline constexpr int signing_key_bits_max = 8'192;

// --- schedules -----------------------------------------------------------------------------------
/// What `every` may say. Beyond, and for a longer `cron` or `spread`: `invalid_definition`.
inline constexpr std::int64_t schedule_seconds_max = 86'400;
inline constexpr std::int64_t schedule_minutes_max = 31 * 24 * 60;
inline constexpr std::int64_t schedule_hours_max = 31 * 24;
inline constexpr std::int64_t schedule_days_max = 366;
inline constexpr std::size_t cron_bytes_max = 1'024;
inline constexpr auto schedule_spread_max = 1h;
/// Missed ticks that `catchUp: "all"` runs for one user: the latest ones. Those before them are left out.
inline constexpr std::size_t schedule_caught_up_max = 100;
/// Ticks that one request may ask to see. Beyond: `invalid_request`.
inline constexpr std::size_t schedule_ticks_shown_max = 100;

// --- a project's users ---------------------------------------------------------------------------
/// A user's meta as JSON text. Beyond: `limit_exceeded`.
inline constexpr std::size_t user_meta_bytes_max = 64u << 10;
inline constexpr std::size_t credentials_per_user_max = 100;
/// What one credential is configured with, as JSON text; the id that its provider knows it by. Beyond:
/// `limit_exceeded`.
inline constexpr std::size_t credential_config_bytes_max = 256u << 10;
inline constexpr std::size_t provider_id_bytes_max = 1'024;

// --- test runs -----------------------------------------------------------------------------------
/// Test Step and Test Workflow: what is shown of arrays, and what is fetched of paginated requests.
inline constexpr std::size_t test_array_items_max = 20;
inline constexpr std::uint32_t test_pages_max = 3;
/// Test runs at once, of one node and of one project. Beyond: `overloaded`.
inline constexpr std::size_t test_runs_max = 16;
inline constexpr std::size_t test_runs_per_project_max = 4;
/// Beyond: the test run is cancelled, `step_timeout`.
inline constexpr auto test_run_time_max = 5min;

// --- one node ----------------------------------------------------------------------------------
/// Connections served at once, each by its own thread; held responses included. Beyond: new
/// connections wait in the kernel's accept queue.
inline constexpr std::size_t connections_max = 4'096;
/// Requests of one project that wait for a Response step; as many as there are connections. Beyond:
/// answered 202 at once, as when the run is queued.
inline constexpr std::size_t held_responses_per_project_max = connections_max;
/// Executions of one project that are in memory at once. Beyond: accepted, stored and queued.
inline constexpr std::size_t live_executions_per_project_max = 1'000;
/// How often one execution actor may crash on the same event before it is parked as FAILED.
inline constexpr std::size_t crashes_on_one_event_max = 3;
/// Bytes of journal appends that wait for the disk. Beyond: triggers are refused with 503.
inline constexpr std::size_t journal_queue_bytes_max = 256u << 20;
/// Bytes that one branch lets gather before they go to the disk. Beyond: they go at once.
inline constexpr std::size_t journal_linger_bytes_max = 64u << 10;
/// What a branch may see, in bytes of JSON, for a function's result to be taken on the thread that brings
/// it. Beyond: its actor takes it.
inline constexpr std::size_t driven_bytes_max = 256u << 10;

// --- what is listed and shown --------------------------------------------------------------------
/// Page of the task history; up to where its `total` is counted and its `offset` may point.
inline constexpr std::size_t history_page_max = 100;
inline constexpr std::size_t history_total_max = 100'000;
/// Requests of the task history, for one project in ten minutes. Beyond: 429 `rate_limited`.
inline constexpr std::size_t history_requests_max = 1'000;
/// Inputs and outputs of steps beyond this are not shown unless `?full=true`: `isLargeInput` or
/// `isLargeOutput` is true then, and the value null.
inline constexpr std::size_t shown_value_bytes_max = 1u << 20;
/// Files are shown as hex until they are this much together; those beyond it by their handles.
inline constexpr std::size_t shown_files_bytes_max = 10u << 20;
/// Page of the connected users.
inline constexpr std::size_t users_page_max = 100;

static_assert(fan_out_children_live_max <= fan_out_items_max);
static_assert(function_time_max <= function_time_settable_max);
static_assert(function_memory_settable_min <= function_memory_bytes_max);
static_assert(function_memory_bytes_max <= function_memory_settable_max);
static_assert(definition_bytes_max < request_body_bytes_max);
static_assert(function_output_bytes_max < request_body_bytes_max);

}  // namespace millrace::limits
