#pragma once
// Pagination: what a page says, and how pages add up. Pure.
//
// It ends, each time with the pages so far, when the next token is null, "" or false; when `stopWhen`
// holds; or at the most pages. A token that did not change would bring the same page for ever: it ends
// with an error, as does any later page that fails.

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/requests/request_template.h"

namespace millrace {

/// The pages of one step that are journalled.
struct PageProgress {
  std::uint32_t pages = 0;
  JsonArray results;
  Json next_token;
  std::uint64_t bytes = 0;
};

struct Page {
  JsonArray results;
  Json next_token;
  bool is_last = false;
};

/// What `{{self...}}` sees: pageToken (the one that this request used), page (counted from 1) and, for
/// `stopWhen`, the response.
Json page_self(const PageProgress& so_far, const Json* response);

/// Reads the page after `so_far`. `output` is {"response": ...}. Errors: type_mismatch (no array where
/// one should be; a condition), limit_exceeded (all pages together are too big; the same token again).
Result<Page> read_page(const Pagination& pagination, std::uint32_t pages_max, const Json& output,
                       std::uint64_t bytes, const PageProgress& so_far, const Scope& scope);

void append(PageProgress& progress, Page page, std::uint64_t bytes);

/// {"response": {"results": [...]}}, with "error" when a later page failed. `last` may be null: the
/// last response, whose status and headers are shown.
Json paged_output(JsonArray results, const Json* last, const Error* error);

}  // namespace millrace
