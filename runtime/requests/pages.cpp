#include "runtime/requests/pages.h"

#include "runtime/base/limits.h"
#include "runtime/requests/web_links.h"
#include "runtime/templates/overlay_scope.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_set>
#include <utility>

namespace millrace {
namespace {

bool is_end(const Json& token) {
  return token.is_null() || (token.is_bool() && !token.get_bool()) ||
         (token.is_string() && token.get_string().empty());
}

/// Nothing stands at the path, nor anything in its way: a member is missing or null.
bool is_absent(const Json& output, const std::vector<PathSegment>& path) {
  const Json* parent = &output;
  for (const PathSegment& segment : path) {
    const bool is_index = std::holds_alternative<std::size_t>(segment);
    if (parent->is_null()) return true;
    if (!parent->is_object() && !(is_index && parent->is_array())) return false;
    parent = &follow(*parent, {segment});
  }
  return parent->is_null();
}

/// The items are those of the page before: the server takes no notice of the token.
bool is_same_page(const Page& page, const PageProgress& so_far) {
  const std::size_t count = page.results.size();
  return count > 0 && count <= so_far.results.size() &&
         std::equal(page.results.begin(), page.results.end(),
                    so_far.results.end() - static_cast<std::ptrdiff_t>(count));
}

/// What leads to the page after the one that came in `output`.
Json next_of(const Pagination& pagination, const Json& output) {
  if (pagination.next != Pagination::Next::link) return follow(output, pagination.page_token);
  const Json& links =
      follow(output, {std::string("response"), std::string("headers"), std::string("link")});
  if (!links.is_string()) return nullptr;
  const auto next = next_link(links.get_string());
  return next ? Json(*next) : Json(nullptr);
}

bool is_by_url(const Pagination& pagination) {
  return pagination.next == Pagination::Next::url || pagination.next == Pagination::Next::link;
}

/// What stands where the next page is named is not what the definition says it is.
std::optional<Error> unusable(const Pagination& pagination, const Page& page,
                              const std::string& which) {
  if (is_by_url(pagination) && !page.next_token.is_string()) {
    return Error(ErrorCode::type_mismatch, which + ": the next page's URL must be a string, got " +
                                               std::string(kind_name(page.next_token)));
  }
  if (pagination.next == Pagination::Next::more && page.items == 0) {
    return Error(
        ErrorCode::limit_exceeded,
        which + " has no items and says that there are more: the next one would be the same");
  }
  return std::nullopt;
}

/// Why there can be no page after this one, which is not the last.
std::optional<Error> problem_of(const Pagination& pagination, std::uint32_t pages_max,
                                const Page& page, const PageProgress& so_far) {
  const std::string which = "page " + std::to_string(so_far.pages + 1);
  const std::string word = is_by_url(pagination) ? "URL" : "token";
  if (auto why = unusable(pagination, page, which)) return why;
  if (so_far.pages + 1 >= pages_max) {
    if (pagination.has_own_max || pages_max < pagination.pages_max) return std::nullopt;
    return Error(ErrorCode::limit_exceeded,
                 which +
                     " is the last that is fetched without a `max` in the pagination, and there "
                     "are more; say how many with `max`, " +
                     std::to_string(limits::pages_settable_max) + " at most");
  }
  if (so_far.pages == 0) return std::nullopt;
  // "There is more": what the next page is, is told by the page's number.
  if (page.next_token.is_bool() || pagination.next == Pagination::Next::more) {
    if (!is_same_page(page, so_far)) return std::nullopt;
    return Error(ErrorCode::limit_exceeded, which + " has the same items as the page before");
  }
  if (page.next_token == so_far.next_token) {
    return Error(ErrorCode::limit_exceeded,
                 which + ": the next page's " + word + " is the same as this page's");
  }
  if (page.next_token == so_far.earlier_token) {
    return Error(ErrorCode::limit_exceeded,
                 which + ": the next page's " + word + " is that of an earlier page");
  }
  return std::nullopt;
}

void drop_repeated(JsonArray& results, const std::vector<PathSegment>& unique_by,
                   const PageProgress& so_far) {
  std::unordered_set<std::string> seen;
  const auto is_new = [&](const Json& item) {
    const Json& key = follow(item, unique_by);
    return key.is_null() || seen.insert(to_text(key)).second;
  };
  for (const Json& item : so_far.results) is_new(item);
  JsonArray kept;
  for (Json& item : results) {
    if (is_new(item)) kept.push_back(std::move(item));
  }
  results = std::move(kept);
}

}  // namespace

Json page_self(const PageProgress& so_far, const Json* response) {
  JsonObject self;
  self.emplace("pageToken", so_far.next_token);
  self.emplace("page", so_far.pages + 1);
  self.emplace("offset", so_far.items);
  self.emplace("response", response == nullptr ? Json(nullptr) : *response);
  return self;
}

Result<Page> read_page(const Pagination& pagination, std::uint32_t pages_max, const Json& output,
                       std::uint64_t bytes, const PageProgress& so_far, const Scope& scope) {
  const std::string which = "page " + std::to_string(so_far.pages + 1);
  const Json& list = follow(output, pagination.output);
  if (!list.is_array() && !is_absent(output, pagination.output)) {
    return Error(ErrorCode::type_mismatch, which +
                                               ": the pagination's `output` must lead to an "
                                               "array, got " +
                                               std::string(kind_name(list)));
  }
  if (so_far.bytes + bytes > limits::response_bytes_max) {
    return Error(ErrorCode::limit_exceeded, which + ": all pages together have more than " +
                                                std::to_string(limits::response_bytes_max) +
                                                " bytes");
  }
  Page page;
  if (list.is_array()) page.results = list.get_array();
  page.items = page.results.size();
  page.next_token = next_of(pagination, output);
  const Json self = page_self(so_far, &output.get_object().at("response"));
  const OverlayScope with_page(scope, {.self = &self});
  const auto stops = any_holds(pagination.stop_when, with_page);
  if (!stops) {
    page.problem = Error(stops.error().code, which + ": `stopWhen`: " + stops.error().message);
  } else if (!*stops && !is_end(page.next_token)) {
    page.problem = problem_of(pagination, pages_max, page, so_far);
  }
  const bool is_full = so_far.pages + 1 >= pages_max;
  page.is_last = page.problem || *stops || is_end(page.next_token) || is_full;
  if (page.problem && is_same_page(page, so_far)) page.results.clear();
  if (page.problem && page.results.empty()) return *page.problem;
  if (!pagination.unique_by.empty()) drop_repeated(page.results, pagination.unique_by, so_far);
  return page;
}

void append(PageProgress& progress, Page page, std::uint64_t bytes) {
  ++progress.pages;
  progress.bytes += bytes;
  progress.items += page.items;
  progress.next_token = std::move(page.next_token);
  if (std::has_single_bit(progress.pages)) progress.earlier_token = progress.next_token;
  for (Json& each : page.results) progress.results.push_back(std::move(each));
}

Json paged_output(JsonArray results, const Json* last, const Error* error) {
  JsonObject response;
  if (last != nullptr) {
    response.emplace("statusCode", last->get_object().at("statusCode"));
    response.emplace("headers", last->get_object().at("headers"));
  }
  response.emplace("results", std::move(results));
  if (error != nullptr) {
    response.emplace("error",
                     JsonObject{{"code", wire_name(error->code)}, {"message", error->message}});
  }
  return JsonObject{{"response", std::move(response)}};
}

}  // namespace millrace
