#pragma once
// Which routes the pages of a project's own application may call from a browser, and what such calls are
// answered (Fetch standard, "CORS protocol"). Those that take a user's token: it stands in a header, which no
// browser adds by itself, so any origin may ask, and nothing is allowed that the token does not allow. Keys of
// projects and of the instance belong in no page: their routes answer no other origin. Pure.

#include "http/api/api_call.h"

#include <optional>
#include <string_view>

namespace millrace {

bool is_for_browsers(const Route& route);

/// Whether a page of any origin may read what `request` is answered: it comes from a page, and asks for a route for
/// browsers, or where those are (`…/sdk/…`) for one that there is not, which a page should be told.
bool may_pages_read(const httplib::Request& request);

/// The answer to a preflight; nothing if `request` is none, or asks for what pages may not read. All
/// headers that it asks for are allowed: a trigger and a proxied request pass on any.
std::optional<Reply> answer_preflight(const httplib::Request& request);

/// Lets the page read an answer, an error too, and all its headers: an integration's own come along.
void let_pages_read(httplib::Response& response);

}  // namespace millrace
