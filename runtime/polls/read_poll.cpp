#include "runtime/polls/read_poll.h"

#include "runtime/requests/read_request.h"
#include "runtime/templates/user_scope.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace millrace {
namespace {

using Root = Reference::Root;

constexpr std::array<Choice<Poll::Start>, 2> starts{
    {{"now", Poll::Start::now}, {"beginning", Poll::Start::beginning}}};

/// "id", `["odd key"]`, "properties.id": the path below a record.
std::optional<std::vector<PathSegment>> record_path(std::string_view text) {
  auto reference =
      parse_reference("record" + std::string(text.starts_with('[') ? "" : ".") + std::string(text));
  if (!reference || reference->path.empty()) return std::nullopt;
  return std::move(reference->path);
}

std::vector<PathSegment> read_record_path(ObjectReader& json, std::string_view key,
                                          const std::string& pointer, const Json& given) {
  auto path = given.is_string() ? record_path(given.get_string()) : std::nullopt;
  if (path) return std::move(*path);
  if (given.is_string()) {
    json.report_obstacle(key, "a path into a record of the list is needed", "such as `id`",
                         std::string(given.get_string()));
  } else {
    json.report_unreadable(pointer, "a path into a record, such as `id`", given);
  }
  return {};
}

std::vector<std::vector<PathSegment>> read_item_id(ObjectReader& json) {
  constexpr std::string_view key = "itemId";
  const Json* const given = json.require(key, "the path of a record's id, such as `id`");
  if (given == nullptr) return {};
  const std::string pointer = json.pointer_to(key);
  if (!given->is_array()) return {read_record_path(json, key, pointer, *given)};
  const auto& parts = given->get_array();
  if (parts.empty() || parts.size() > limits::poll_id_parts_max) {
    json.report_obstacle(key, "an id is made of 1 to " + std::to_string(limits::poll_id_parts_max) +
                                  " fields of the record");
    return {};
  }
  std::vector<std::vector<PathSegment>> paths;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    paths.push_back(read_record_path(json, key, pointer + '/' + std::to_string(i), parts[i]));
  }
  return paths;
}

/// The pages of a poll are lists of its records.
Json with_output(const Json& request, const Json& items) {
  Json whole = request;
  auto* const object = whole.if_object();
  auto* const pages = object == nullptr ? nullptr : object->if_contains("pagination");
  if (pages != nullptr && pages->is_object() && !pages->get_object().contains("output")) {
    pages->get_object().emplace("output", items);
  }
  return whole;
}

RequestTemplate read_poll_request(ObjectReader& parent, const Json& items) {
  const Json* const given = parent.require("request", "the request that asks for records");
  if (given == nullptr) return {};
  const Json whole = with_output(*given, items);
  ObjectReader json(whole, parent.pointer_to("request"), "", parent.findings());
  if (!whole.is_object()) return {};
  json.refuse("url", "a poll asks the workflow's integration: a `path` below its base URL");
  RequestTemplate request = read_request(json, "path");
  if (request.authorization.kind != RequestAuthorization::Kind::none) {
    json.report("authorization", "a poll is authorized by the integration's `auth`");
  }
  json.finish();
  return request;
}

bool is_parameters(const Reference& reference) {
  return reference.root == Root::step && reference.name == "parameters";
}

/// There is no run that a poll could refer to.
void link(RequestTemplate& request, PollOf owner, Findings& findings) {
  const std::string known =
      owner == PollOf::integration
          ? "`self`, `settings`, `user`, `secrets`, `project` and `parameters`"
          : "`self`, `settings`, `user`, `secrets` and `project`";
  const auto check = [&](Reference& reference, const std::string& pointer) {
    const auto report = [&](const std::string& why, std::string expected) {
      findings.push_back(
          finding_at("", pointer, "in `{{" + reference.text + "}}`: " + why, std::move(expected)));
    };
    if (owner == PollOf::integration && is_parameters(reference)) {
      reference.root = Root::parameters;
      return;
    }
    switch (reference.root) {
      case Root::self:
      case Root::settings:
      case Root::project:
        return;
      case Root::user:
        if (!names_user(reference))
          report("a user has no such key", "`user.id` or `user.meta.KEY`");
        return;
      case Root::secrets:
        if (reference.path.size() != 1 ||
            !std::holds_alternative<std::string>(reference.path.front())) {
          report("a secret is named by one key", "`secrets.KEY`");
        }
        return;
      default:
        findings.add_obstacle(finding_at("", pointer,
                                         "in `{{" + reference.text +
                                             "}}`: a poll looks before there is a run; it sees " +
                                             known));
    }
  };
  for (Template* const each : templates_of(request)) each->visit_references(check);
}

std::string text_of(ObjectReader& json) {
  JsonObject parts;
  for (const std::string_view key : {"request", "items", "itemId", "cursor", "overlap", "start"}) {
    if (const Json* const part = json.find(key)) parts.emplace(key, *part);
  }
  return to_text(parts);
}

}  // namespace

Poll read_poll(ObjectReader& json, PollOf owner) {
  Poll poll;
  const Json* const items = json.require("items", "the path of the list of records");
  if (items != nullptr) poll.items = read_response_path(json, "items");
  poll.request = read_poll_request(json, items == nullptr ? Json() : *items);
  if (poll.request.pagination) poll.request.pagination->output = poll.items;
  link(poll.request, owner, json.findings());
  poll.item_id = read_item_id(json);
  if (const Json* const cursor = json.find("cursor")) {
    poll.cursor = read_record_path(json, "cursor", json.pointer_to("cursor"), *cursor);
  }
  poll.overlap = json.duration("overlap", limits::poll_overlap_max).value_or(Millis(0));
  if (poll.overlap > Millis(0) && poll.cursor.empty()) {
    json.report("overlap", "without a `cursor` there is nothing that could go back");
  }
  poll.start = json.choice<Poll::Start>("start", starts).value_or(Poll::Start::now);
  poll.interval =
      json.duration("interval", limits::poll_interval_max).value_or(limits::poll_interval_standard);
  if (poll.interval < limits::poll_interval_min) {
    json.report("interval", "a poll looks at most every " +
                                std::to_string(limits::poll_interval_min.count() / 1000) +
                                " seconds");
    poll.interval = limits::poll_interval_min;
  }
  poll.text = text_of(json);
  return poll;
}

}  // namespace millrace
