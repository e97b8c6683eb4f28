#pragma once
// One sign-in of a user at a provider, between its stages. It is a sealed row (storage/tables/sign_in_table.h)
// and nothing else, so that it survives a restart and any thread may go on with it.
//
//   ticket ──► /start ──► state ──► the provider ──► /oauth/callback ──► account
//                                                          └─► choice ─► /oauth/choose ──► account
//
// Each arrow takes the row away before it does anything, so each stage is gone through once at most; what
// fails then is begun anew by the user. While the provider is asked for tokens, a row stays that leads nowhere:
// when the server is stopped meanwhile, it says whose sign-in was cut off.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/oauth/oauth_messages.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct SignIn {
  /// Which secret leads to it: one of a stage opens no other. None leads to `asked`.
  enum class Stage : std::uint8_t { ticket = 1, state = 2, choice = 3, asked = 4 };

  Stage stage = Stage::ticket;
  ProjectId project;
  UserId user;
  std::string integration;
  std::optional<JsonObject> settings;
  JsonObject inputs;
  std::string return_to;  // empty: the page closes itself
  std::string
      again;  // the account that is to be connected again, if it is still there; empty: none
  std::string external_id;
  std::string key;                    // see CredentialRegistry::Connection::sign_in_key
  std::optional<Instant> user_since;  // likewise

  // From the start on.
  std::string redirect_uri;
  std::string verifier;  // of PKCE
  std::string browser;   // SHA-256 of its cookie, in hex

  // With several accounts to choose from.
  JsonObject fields;  // the tokens, as they are sealed with an account
  std::vector<std::string> scopes;
  std::string provider_id;
  JsonObject kept;
  std::vector<ProfileChoice> choices;
};

Json to_json(const SignIn& sign_in);
/// Error corrupt_data.
Result<SignIn> sign_in_of(const Json& value);

}  // namespace millrace
