// `millrace keys`, `token` and `signing-keys`: what an application's backend does, for development.

#include "http/auth/user_token.h"
#include "http/cli/commands.h"
#include "http/cli/output.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/percent_text.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace millrace {
namespace {

struct KeyOptions : ApiCommand {
  std::string directory = ".";
  std::string key_file;
  std::string kid;
  std::string user;
  std::string lifetime = "1h";
};

/// Never overwrites: an old private key may still be in use.
Outcome write_new_file(const std::string& path, const std::string& text, mode_t mode) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) {
    return Error(ErrorCode::conflict,
                 "cannot write " + path + ": " + std::generic_category().message(errno));
  }
  const bool is_written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(descriptor);
  if (!is_written) return Error(ErrorCode::storage_failed, "cannot write " + path);
  return Done{};
}

int make_keys(const KeyOptions& options) {
  const RsaKeyPair pair = generate_key_pair();
  const std::string private_file = options.directory + "/private.pem";
  const std::string public_file = options.directory + "/public.pem";
  for (const auto& outcome : {write_new_file(private_file, pair.private_pem, 0600),
                              write_new_file(public_file, pair.public_pem, 0644)}) {
    if (!outcome) return complain(outcome.error(), options.format());
  }
  if (options.json) {
    std::cout << to_text(JsonObject{{"privateKey", private_file}, {"publicKey", public_file}})
              << std::endl;
  } else {
    std::cout << private_file << " signs user tokens: keep it in your backend\n"
              << public_file << " verifies them: give it to the server with "
              << "\"millrace signing-keys put\"" << std::endl;
  }
  return exit_codes::done;
}

int mint(const KeyOptions& options) {
  const auto pem = read_file(options.key_file);
  if (!pem) return complain(pem.error(), options.format());
  const auto key = parse_private_key(*pem);
  if (!key) return complain(key.error(), options.format(), options.key_file);
  const auto lifetime = parse_duration(options.lifetime);
  if (!lifetime) {
    std::cerr << "millrace: --ttl must be a duration such as 30s, 5m or 1h\n";
    return exit_codes::usage;
  }
  const UserTokenClaims claims{UserId(options.user), SigningKeyId(options.kid), *lifetime};
  const std::string token = mint_user_token(*key, claims, SystemClock().now());
  std::cout << (options.json ? to_text(JsonObject{{"token", token}}) : token) << std::endl;
  return exit_codes::done;
}

int change_signing_key(const KeyOptions& options, const std::string& method) {
  ApiRequest request{
      method,
      options.target.project_path("/signing-keys/" + percent_encode_text(options.kid)),
      options.target.api_key,
      {}};
  if (method == "PUT") {
    const auto pem = read_file(options.key_file);
    if (!pem) return complain(pem.error(), options.format());
    request.body = to_text(JsonObject{{"pem", *pem}});
  }
  const auto answer = call_api(options.target, request);
  if (!answer) return complain(answer.error(), options.format());
  if (!answer->ok()) return complain(*answer, options.format());
  if (options.json) {
    std::cout << to_text(JsonObject{{"kid", options.kid}}) << std::endl;
  } else {
    std::cout << "signing key " << options.kid << (method == "PUT" ? " is in use" : " is removed")
              << std::endl;
  }
  return exit_codes::done;
}

int list_signing_keys(const KeyOptions& options) {
  return ask(
      options, {"GET", options.target.project_path("/signing-keys"), options.target.api_key, {}},
      [](const JsonObject& body) {
        for (const auto& key : body.at("signingKeys").as_array()) {
          std::cout << cell(key.as_object(), "kid") << "\n" << cell(key.as_object(), "pem") << "\n";
        }
      });
}

void add_signing_keys(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("signing-keys", "The public keys that verify user tokens.");
  group->require_subcommand(1);
  for (const std::string method : {"PUT", "DELETE"}) {
    // Options of its own: the environment is read for both commands, the flags of one.
    auto options = std::make_shared<KeyOptions>();
    auto* command = method == "PUT" ? group->add_subcommand("put", "Add or replace a key.")
                                    : group->add_subcommand("remove", "Remove a key.");
    options->target.add_url_project_and_key(*command);
    command->add_option("--kid", options->kid, "name of the key")->required();
    if (method == "PUT") {
      command->add_option("--pem", options->key_file, "file with the public key")->required();
    }
    command->add_flag("--json", options->json, "print JSON");
    command->callback(
        [options, method, &exit_code] { exit_code = change_signing_key(*options, method); });
  }
  auto options = std::make_shared<KeyOptions>();
  auto* list_command = group->add_subcommand("list", "The keys that are in use.");
  options->target.add_url_project_and_key(*list_command);
  list_command->add_flag("--json", options->json, "print JSON");
  list_command->callback([options, &exit_code] { exit_code = list_signing_keys(*options); });
}

}  // namespace

void add_key_commands(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<KeyOptions>();
  auto* keys = app.add_subcommand("keys", "Make an RSA key pair: private.pem and public.pem.");
  keys->add_option("--out", options->directory, "directory of the files")->capture_default_str();
  keys->add_flag("--json", options->json, "print JSON");
  keys->callback([options, &exit_code] { exit_code = make_keys(*options); });

  auto* token = app.add_subcommand("token", "Mint a user token for development.");
  token->add_option("--key", options->key_file, "file with the private key")->required();
  token->add_option("--sub", options->user, "the user's id")->required();
  token->add_option("--kid", options->kid, "name of the key, as the project knows it");
  token->add_option("--ttl", options->lifetime, "how long it is valid")->capture_default_str();
  token->add_flag("--json", options->json, "print JSON");
  token->callback([options, &exit_code] { exit_code = mint(*options); });

  add_signing_keys(app, exit_code);
}

}  // namespace millrace
