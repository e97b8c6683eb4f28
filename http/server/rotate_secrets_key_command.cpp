#include "http/server/rotate_secrets_key_command.h"

#include "http/cli/exit_codes.h"
#include "http/server/data_directory.h"
#include "http/server/secrets_key.h"
#include "http/server/stopped_store.h"
#include "http/wire/error_response.h"
#include "storage/maintenance/reseal.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>

namespace millrace {
namespace {

struct RotateOptions {
  std::string directory = "millrace-data";
  std::string postgres;  // empty: the store lies in the directory
  std::string postgres_schema = storage::PostgresOptions().schema;
  std::string old_key_file;
  std::string new_key_file;
  bool json = false;
};

struct KeyRotation {
  storage::ResealReport report;
  std::string new_key_id;
  bool is_key_file_replaced = false;
};

Result<StoppedStore> open_existing(const RotateOptions& options) {
  if (options.postgres.empty())
    return open_stopped_directory(options.directory, storage::OpenedTo::serve);
  return open_stopped_postgres(options.postgres, options.postgres_schema, storage::OpenedTo::serve);
}

Result<storage::SealingKey> old_key(const RotateOptions& options, const std::string& own_file) {
  if (!options.old_key_file.empty()) return read_secrets_key(options.old_key_file);
  auto given = take_secrets_key_from_environment();
  if (!given) return given.error();
  if (*given) return std::move(**given);
  if (std::filesystem::exists(own_file)) return read_secrets_key(own_file);
  return Error(ErrorCode::invalid_request,
               "the data directory keeps no key: name the present one with --old-key-file");
}

Result<KeyRotation> rotate(const RotateOptions& options) {
  auto to = read_secrets_key(options.new_key_file);
  if (!to) return to.error();
  auto store = open_existing(options);
  if (!store) return store.error();
  const std::string own_file = secrets_key_file_in(options.directory);
  auto from = old_key(options, own_file);
  if (!from) return from.error();
  const storage::Sealer old_sealer(std::move(*from));
  const storage::Sealer new_sealer(std::move(*to));
  auto report = storage::reseal_all(**store, old_sealer, new_sealer);
  if (!report) return report.error();
  // What a server has begun has sealed values. The key file is of another store than this one.
  if (report->resealed + report->already_done + report->left == 0) {
    return Error(ErrorCode::not_found,
                 "nothing in the store is sealed, and nothing was changed: is it the right one?");
  }
  KeyRotation rotation{std::move(*report), new_sealer.key_id(), false};
  // Last: until here, the file opens what an interruption has left under the old key.
  if (!std::filesystem::exists(own_file)) return rotation;
  const auto kept = read_secrets_key(own_file);
  if (!kept) return kept.error();
  if (kept->id() != old_sealer.key_id()) return rotation;
  auto replacement = read_secrets_key(options.new_key_file);
  if (!replacement) return replacement.error();
  if (auto written = write_secrets_key(own_file, *replacement); !written) return written.error();
  rotation.is_key_file_replaced = true;
  return rotation;
}

int complain(const Error& error, bool json) {
  std::cerr << (json ? to_text(error_body(error)) : "millrace: " + error.message) << std::endl;
  return exit_codes::usage;
}

int show(const KeyRotation& rotation, const RotateOptions& options) {
  const auto& report = rotation.report;
  if (options.json) {
    std::cout << to_text(JsonObject{{"keyId", rotation.new_key_id},
                                    {"resealed", report.resealed},
                                    {"alreadyDone", report.already_done},
                                    {"left", report.left},
                                    {"keyFileReplaced", rotation.is_key_file_replaced}})
              << std::endl;
  } else {
    std::cout << report.resealed << " values are now sealed under the key " << rotation.new_key_id
              << ", " << report.already_done << " were before\n";
    if (rotation.is_key_file_replaced) {
      std::cout << secrets_key_file_in(options.directory) << " holds the new key\n";
    } else {
      std::cout << "start the server with the new key: --secrets-key-file " << options.new_key_file
                << "\n";
    }
    std::cout << std::flush;
  }
  if (report.left == 0) return exit_codes::done;
  std::cerr << "millrace: " << report.left
            << " values stay as they are, because they do not open; the first: "
            << report.why_left->message << std::endl;
  return exit_codes::refused;
}

}  // namespace

void add_rotate_secrets_key_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RotateOptions>();
  auto* command = app.add_subcommand("rotate-secrets-key",
                                     "Seal all secrets of a stopped server under another key.");
  command->add_option("--data-dir", options->directory, "the server's data directory")
      ->envname("MILLRACE_DATA_DIR")
      ->capture_default_str();
  command
      ->add_option("--postgres", options->postgres,
                   "where the server keeps its store, if not in the directory")
      ->envname("MILLRACE_POSTGRES");
  command->add_option("--postgres-schema", options->postgres_schema, "schema of the tables in it")
      ->envname("MILLRACE_POSTGRES_SCHEMA")
      ->capture_default_str();
  command->add_option("--old-key-file", options->old_key_file,
                      "file with the present key; without it, MILLRACE_SECRETS_KEY or "
                      "DATA-DIR/secrets-key");
  command
      ->add_option("--new-key-file", options->new_key_file,
                   "file with the new key; \"openssl rand -hex 32\" makes one")
      ->required();
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options, &exit_code] {
    make_files_for_owner_only();
    const auto rotation = rotate(*options);
    exit_code = rotation ? show(*rotation, *options) : complain(rotation.error(), options->json);
  });
}

}  // namespace millrace
