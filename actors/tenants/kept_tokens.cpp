#include "actors/tenants/kept_tokens.h"

#include "runtime/digests/hmac.h"

namespace millrace {

Result<bool> KeptTokens::keep(const storage::HookRow& hook, std::string_view token) {
  // Whoever rotates the URL, or takes its account away, has the same hold: a token is never left behind.
  const auto held = hooks_.hold(hook.place.project, hook.place.user);
  auto batch = commits_.begin(hook.place.shard());
  if (!batch) return batch.error();
  const auto still = hooks_.find(hook.id);
  if (!still) return still.error();
  if (!*still) return false;
  const auto before = find(hook.id);
  if (!before) return before.error();
  if (*before) return equal_in_constant_time((*before)->token, token);
  storage::KeptTokenRow row{hook.id, {}, clock_.now()};
  row.sealed = sealer_.seal(token, row.place());
  storage::KeptTokenTable::put(*batch, row);
  if (auto stored = commits_.commit(std::move(*batch)); !stored) return stored.error();
  return true;
}

Result<std::optional<KeptTokens::Kept>> KeptTokens::find(std::string_view hook) const {
  const auto row = table_.find(hook);
  if (!row) return row.error();
  if (!*row) return std::optional<Kept>();
  auto token = sealer_.unseal((*row)->sealed, (*row)->place());
  if (!token) return token.error();
  return std::optional(Kept{std::move(*token), (*row)->kept});
}

}  // namespace millrace
