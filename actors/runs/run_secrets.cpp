#include "actors/runs/run_secrets.h"

#include <utility>

namespace millrace {
namespace {

/// The first character of a sealed snapshot; one in clear begins with its format, '1'.
constexpr char sealed_snapshot = '2';

Json list_of(const Redaction& secrets) {
  JsonArray list;
  for (const auto& each : secrets.secrets()) list.push_back(JsonArray{each.shown, each.value});
  return list;
}

Result<Redaction> secrets_of(std::string_view list) {
  const Error damaged(ErrorCode::corrupt_data, "what was sealed does not name its secrets");
  const auto parsed = parse_json(list);
  if (!parsed || !parsed->is_array()) return damaged;
  Redaction secrets;
  for (const Json& each : parsed->get_array()) {
    const auto* const pair = each.if_array();
    if (pair == nullptr || pair->size() != 2 || !pair->front().is_string() ||
        !pair->back().is_string()) {
      return damaged;
    }
    secrets.add(pair->back().get_string(), std::string(pair->front().get_string()));
  }
  return secrets;
}

}  // namespace

RunSecrets::RunSecrets(const storage::Sealer& sealer, const ExecutionId& execution)
    : sealer_(sealer), place_("execution " + execution.text()) {}

void RunSecrets::learn(const Redaction& secrets) {
  if (secrets.empty()) return;
  const std::lock_guard lock(mutex_);
  Redaction more = *known_;
  if (!more.add_all(secrets)) return;
  more.keep_newest(known_max);
  more.prepare();
  known_ = std::make_shared<const Redaction>(std::move(more));
  knows_any_.store(true, std::memory_order_release);
}

std::shared_ptr<const Redaction> RunSecrets::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

std::string RunSecrets::seal(const Redaction& found, std::string_view text) const {
  std::string plain = to_text(list_of(found));
  plain += '\n';  // JSON text has none
  plain += text;
  std::string sealed = sealer_.seal(plain, place_);
  storage::wipe(plain);
  return sealed;
}

Result<std::string> RunSecrets::open(std::string_view sealed) {
  auto plain = sealer_.unseal(sealed, place_);
  if (!plain) return plain;
  const auto end = plain->find('\n');
  if (end == std::string::npos) return Error(ErrorCode::corrupt_data, "what was sealed is cut off");
  const auto secrets = secrets_of(std::string_view(*plain).substr(0, end));
  if (!secrets) return secrets.error();
  learn(*secrets);
  plain->erase(0, end + 1);
  return plain;
}

OpenSealed RunSecrets::opener() {
  return [this](std::string_view sealed) -> Result<std::optional<std::string>> {
    auto text = open(sealed);
    if (!text) return text.error();
    return std::optional(std::move(*text));
  };
}

std::string RunSecrets::cover_snapshot(std::string state) const {
  const auto secrets = known();
  if (secrets->empty()) return state;
  return sealed_snapshot + seal(*secrets, state);
}

Result<std::string> RunSecrets::uncover_snapshot(std::string stored) {
  if (stored.empty() || stored.front() != sealed_snapshot) return stored;
  return open(std::string_view(stored).substr(1));
}

}  // namespace millrace
