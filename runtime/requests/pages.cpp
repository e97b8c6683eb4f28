#include "runtime/requests/pages.h"

#include "runtime/base/limits.h"
#include "runtime/templates/overlay_scope.h"

#include <utility>

namespace millrace {
namespace {

bool is_end(const Json& token) {
  return token.is_null() || (token.is_bool() && !token.get_bool()) ||
         (token.is_string() && token.get_string().empty());
}

}  // namespace

Json page_self(const PageProgress& so_far, const Json* response) {
  JsonObject self;
  self.emplace("pageToken", so_far.next_token);
  self.emplace("page", so_far.pages + 1);
  self.emplace("response", response == nullptr ? Json(nullptr) : *response);
  return self;
}

Result<Page> read_page(const Pagination& pagination, std::uint32_t pages_max, const Json& output,
                       std::uint64_t bytes, const PageProgress& so_far, const Scope& scope) {
  const std::string which = "page " + std::to_string(so_far.pages + 1);
  const Json& list = follow(output, pagination.output);
  if (!list.is_array()) {
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
  page.results = list.get_array();
  page.next_token = follow(output, pagination.page_token);
  const Json self = page_self(so_far, &output.get_object().at("response"));
  const OverlayScope with_page(scope, {.self = &self});
  const auto stops = any_holds(pagination.stop_when, with_page);
  if (!stops) return Error(stops.error().code, which + ": `stopWhen`: " + stops.error().message);
  page.is_last = *stops || is_end(page.next_token) || so_far.pages + 1 >= pages_max;
  if (!page.is_last && so_far.pages > 0 && page.next_token == so_far.next_token) {
    return Error(ErrorCode::limit_exceeded,
                 which + ": the next page's token is the same as this page's");
  }
  return page;
}

void append(PageProgress& progress, Page page, std::uint64_t bytes) {
  ++progress.pages;
  progress.bytes += bytes;
  progress.next_token = std::move(page.next_token);
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
