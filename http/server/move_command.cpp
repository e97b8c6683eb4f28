#include "http/server/move_command.h"

#include "http/cli/exit_codes.h"
#include "http/server/data_directory.h"
#include "http/server/stopped_store.h"
#include "http/wire/error_response.h"
#include "runtime/text/hex_text.h"
#include "storage/maintenance/move_rows.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct MoveOptions {
  std::string from;
  std::string to;
  std::string postgres_schema = storage::PostgresOptions().schema;
  bool json = false;
};

bool is_postgres(const std::string& place) {
  return place.starts_with("postgres://") || place.starts_with("postgresql://");
}

Result<StoppedStore> open_place(const std::string& place, const MoveOptions& options,
                                storage::OpenedTo purpose) {
  if (is_postgres(place)) return open_stopped_postgres(place, options.postgres_schema, purpose);
  return open_stopped_directory(place, purpose);
}

/// Of anything; what is meant as one must not be made as a directory.
bool is_address(const std::string& place) { return place.find("://") != std::string::npos; }

storage::MoveProgress report(const std::string& doing) {
  return [doing](const storage::StoreContents& contents) {
    std::cerr << doing << ": " << contents.rows << " rows, " << (contents.bytes >> 20) << " MiB\n"
              << std::flush;
  };
}

Result<storage::StoreContents> move(const MoveOptions& options) {
  const bool is_other_address = is_address(options.from) != is_postgres(options.from) ||
                                is_address(options.to) != is_postgres(options.to);
  if (is_other_address || is_postgres(options.from) == is_postgres(options.to)) {
    return Error(
        ErrorCode::invalid_request,
        "one of --from and --to is a data directory, the other one postgres://USER@HOST/DATABASE");
  }
  // The source first: a wrong name must leave no tables behind.
  auto from = open_place(options.from, options, storage::OpenedTo::serve);
  if (!from) return from.error();
  auto to = open_place(options.to, options, storage::OpenedTo::be_filled);
  if (!to) return to.error();
  return storage::move_rows(**from, **to, report("copied"), report("compared"));
}

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
    case ErrorCode::not_found:
      return exit_codes::usage;
    case ErrorCode::overloaded:
      return exit_codes::unreachable;
    default:
      return exit_codes::refused;
  }
}

int complain(const Error& error, bool json) {
  std::cerr << (json ? to_text(error_body(error)) : "millrace: " + error.message) << std::endl;
  return exit_code_of(error.code);
}

int show(const storage::StoreContents& moved, bool json) {
  if (json) {
    std::cout << to_text(JsonObject{{"rows", moved.rows},
                                    {"bytes", moved.bytes},
                                    {"digest", to_hex(moved.digest)}})
              << std::endl;
  } else {
    std::cout << moved.rows << " rows, " << moved.bytes
              << " bytes are there and were compared (digest " << to_hex(moved.digest) << ")\n"
              << "the source is as it was: keep it as a backup, and start no server on it any more"
              << std::endl;
  }
  return exit_codes::done;
}

}  // namespace

void add_move_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<MoveOptions>();
  auto* command = app.add_subcommand(
      "move", "Move all data of a stopped server from its directory to PostgreSQL, or back.");
  command->add_option("--from", options->from, "data directory, or postgres://USER@HOST/DATABASE")
      ->required();
  command
      ->add_option("--to", options->to,
                   "likewise, and new or empty; PGPASSWORD may hold the password")
      ->required();
  command
      ->add_option("--postgres-schema", options->postgres_schema,
                   "schema of the tables in PostgreSQL")
      ->envname("MILLRACE_POSTGRES_SCHEMA")
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options, &exit_code] {
    make_files_for_owner_only();
    const auto moved = move(*options);
    exit_code = moved ? show(*moved, options->json) : complain(moved.error(), options->json);
  });
}

}  // namespace millrace
