#pragma once
// Pagination: what a page says, and how pages add up. Pure.
//
// What leads to the next page (a token, a URL, a link, whether there is more) is the page's *token* here.
// It ends, each time with the pages so far, when the next token is null, "" or false; when `stopWhen`
// holds; or at the most pages. A list that is absent or null is an empty page.
//
// What was fetched is never dropped, and a list that may lack something says so: a page that fails, a
// `stopWhen` that cannot be told, a loop (a token, or a page under the token `true`, that comes again)
// and the end at a most that nobody chose are an error beside the items. Loops of several tokens are
// found as Brent does: by comparing with the token of one earlier page, which is chosen anew at the
// pages 1, 2, 4, 8, ...

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/requests/request_template.h"

#include <cstdint>
#include <optional>

namespace millrace {

/// The pages of one step that are journalled.
struct PageProgress {
  std::uint32_t pages = 0;
  JsonArray results;
  Json next_token;
  Json earlier_token;  // of the page with the highest power of two as its number
  std::uint64_t bytes = 0;
  std::uint64_t items = 0;  // that came, also those that `uniqueBy` left out
};

struct Page {
  JsonArray results;
  std::uint64_t items = 0;  // before `uniqueBy`
  Json next_token;
  bool is_last = false;
  std::optional<Error> problem = {};  // why the list ends here although there may be more
};

/// What `{{self...}}` sees: pageToken (the one that this request used), page (counted from 1), offset (how
/// many items the pages before had) and, for `stopWhen`, the response.
Json page_self(const PageProgress& so_far, const Json* response);

/// Reads the page after `so_far`. `output` is {"response": ...}. Errors, when nothing of it is kept:
/// type_mismatch (no list where one should be), limit_exceeded (all pages together are too big; a loop
/// that brings nothing new).
Result<Page> read_page(const Pagination& pagination, std::uint32_t pages_max, const Json& output,
                       std::uint64_t bytes, const PageProgress& so_far, const Scope& scope);

void append(PageProgress& progress, Page page, std::uint64_t bytes);

/// {"response": {"results": [...]}}, with "error" when a later page failed. `last` may be null: the
/// last response, whose status and headers are shown.
Json paged_output(JsonArray results, const Json* last, const Error* error);

}  // namespace millrace
