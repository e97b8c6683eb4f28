#pragma once
// What in a request is a secret: values of the project's secrets, tokens of an account. A request that a peer
// redirects to another origin leaves behind what holds one of them (http/outbound/hop.h), and who tells of its
// answer takes them out, because a peer may repeat what it was sent.
//
// Whoever puts a secret into a request says so here: the plan of a step, `authorize` for accounts, the messages of
// OAuth.

#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"

namespace millrace {

/// `secrets` are in the request too.
void add_secrets(HttpRequest& request, const Redaction& secrets);

/// All of them; a copy, so that another thread may use the request meanwhile.
Redaction secrets_of(const HttpRequest& request);

}  // namespace millrace
