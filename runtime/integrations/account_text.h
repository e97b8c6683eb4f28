#pragma once
// An account together with one of its configurations, in one text: how rows, journals and orders say for what a
// run is. The default configuration is not named, so what was stored before there were others means it.
//
//   <credential>                        its default configuration
//   <credential>/<configuration>        another one
//
// Both are ids (UUIDs), never names that somebody made up: those are looked up where they come in.

#include "runtime/integrations/credential.h"

#include <string>
#include <string_view>

namespace millrace {

struct AccountPlace {
  std::string credential;     // empty: nobody has chosen one
  std::string configuration;  // empty: the default one

  bool operator==(const AccountPlace&) const = default;
};

AccountPlace account_place(std::string_view text);
std::string account_text(std::string_view credential, std::string_view configuration);

/// Every configuration of an account as a text, the default one first.
std::vector<std::string> account_texts(const Credential& credential);

/// Whether it is the default configuration that has this id.
bool is_default_configuration(const Credential& credential, std::string_view id);

/// The one of that id or external id among the others. Null: there is none.
const Configuration* find_configuration(const Credential& credential, std::string_view name);

}  // namespace millrace
