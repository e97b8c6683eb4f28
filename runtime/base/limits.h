#pragma once
// Every limit of the product in one place: what it bounds and what happens at it. Limits that an
// operator may change are defaults here and options of the server.

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

// --- one execution -----------------------------------------------------------------------------
/// Elements of one fan-out. Beyond: the step fails with `limit_exceeded`.
inline constexpr std::size_t fan_out_items_max = 100'000;
/// Fan-out children that are in memory at once for one fan-out; the others wait their turn.
inline constexpr std::size_t fan_out_children_live_max = 512;
inline constexpr auto delay_max = 366 * 24h;
/// `timeout` of any step: it may enclose delays. Beyond: `invalid_definition`.
inline constexpr auto step_timeout_max = delay_max;
/// Each wait of a step's own `retry`. Beyond: `invalid_definition`.
inline constexpr auto retry_delay_max = 24h;
/// How long a connection is held for a Response step before it is answered 542.
inline constexpr auto response_hold_max = 55s;
/// Events after which a branch's machine is snapshotted.
inline constexpr std::size_t snapshot_every_events = 64;

// --- functions (defaults; see behaviour 4) -----------------------------------------------------
inline constexpr auto function_time_max = 30s;
inline constexpr std::size_t function_memory_bytes_max = 128u << 20;
inline constexpr std::size_t function_output_bytes_max = 50u << 20;
/// What a definition may set instead of the defaults. Beyond: `invalid_definition`.
inline constexpr auto function_time_settable_max = 15min;
inline constexpr std::size_t function_memory_settable_min = 16u << 20;
inline constexpr std::size_t function_memory_settable_max = 512u << 20;
inline constexpr std::size_t console_lines_max = 1'000;
inline constexpr std::size_t console_bytes_max = 1u << 20;

// --- outbound requests (defaults; see behaviour 4) ---------------------------------------------
inline constexpr auto request_time_max = 60s;
/// What a definition may set as `timeout` of a request. Beyond: `invalid_definition`.
inline constexpr auto request_time_settable_max = 15min;
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

// --- files ---------------------------------------------------------------------------------------
/// One file. Beyond: `payload_too_large` for what comes in, `response_too_large` for a response.
inline constexpr std::size_t file_bytes_max = 50u << 20;
inline constexpr std::size_t files_per_request_max = 100;
/// Files are stored in rows of this size.
inline constexpr std::size_t file_chunk_bytes = 1u << 20;
/// A file whose bytes a function may see as hex. Beyond: the function step fails, `limit_exceeded`.
inline constexpr std::size_t file_in_function_bytes_max = 10u << 20;

// --- a project's definitions ---------------------------------------------------------------------
inline constexpr std::size_t secrets_per_project_max = 1'000;
inline constexpr std::size_t secret_bytes_max = 64u << 10;
inline constexpr std::size_t integrations_per_project_max = 1'000;
inline constexpr std::size_t actions_per_integration_max = 1'000;
inline constexpr std::size_t credentials_per_user_max = 100;

// --- test runs -----------------------------------------------------------------------------------
/// Test Step and Test Workflow: what is shown of arrays, and what is fetched of paginated requests.
inline constexpr std::size_t test_array_items_max = 20;
inline constexpr std::uint32_t test_pages_max = 3;

// --- one node ----------------------------------------------------------------------------------
/// Connections served at once, each by its own thread; held responses included. Beyond: new
/// connections wait in the kernel's accept queue.
inline constexpr std::size_t connections_max = 4'096;
/// Executions of one project that are in memory at once. Beyond: accepted, stored and queued.
inline constexpr std::size_t live_executions_per_project_max = 1'000;
/// How often one execution actor may crash on the same event before it is parked as FAILED.
inline constexpr std::size_t crashes_on_one_event_max = 3;
/// Bytes of journal appends that wait for the disk. Beyond: triggers are refused with 503.
inline constexpr std::size_t journal_queue_bytes_max = 256u << 20;
/// Page of the task history.
inline constexpr std::size_t history_page_max = 100;

static_assert(fan_out_children_live_max <= fan_out_items_max);
static_assert(function_time_max <= function_time_settable_max);
static_assert(function_memory_settable_min <= function_memory_bytes_max);
static_assert(function_memory_bytes_max <= function_memory_settable_max);
static_assert(definition_bytes_max < request_body_bytes_max);
static_assert(function_output_bytes_max < request_body_bytes_max);

}  // namespace millrace::limits
