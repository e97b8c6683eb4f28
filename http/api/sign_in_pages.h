#pragma once
// The small pages in which a sign-in ends. Everything in them is escaped; they load nothing from anywhere, run
// one script of their own, and stand in no frame.

#include "http/api/api_call.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// What the page tells whoever opened it, by `postMessage` and on the BroadcastChannel "millrace.oauth":
/// {"type": "millrace.oauth", "status", "integration", "credentialId" or "code"}.
struct SignInNews {
  std::string status;  // "connected" or "error"
  std::string integration;
  std::string credential;            // of "connected"
  std::string code;                  // of "error"
  std::string message;               // shown
  std::vector<std::string> origins;  // of pages that may be told; empty: whoever opened it
};

/// A page that tells its news and closes. `nonce`: unguessable, in hex.
Reply closing_page(int status, const SignInNews& news, const std::string& nonce);

/// A page that tells its opener, if it is of `origin`, that it has been loaded: {"type": "oauth-nonce-loaded"}.
Reply nonce_page(const std::string& origin, const std::string& nonce);

/// Unguessable, in hex: for the pages here.
std::string random_nonce();

/// A page to choose from: what each entry is called, and where it leads.
Reply choice_page(const std::vector<std::pair<std::string, std::string>>& choices,
                  const std::string& nonce);

/// For text and attributes.
std::string html_escaped(std::string_view text);

}  // namespace millrace
