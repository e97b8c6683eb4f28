#pragma once
// What integrations offer to the user who asks: their deployed workflows, and whether this user may have them. Made
// once for a request, in one pass over what the library has at hand; used by its thread.

#include "http/api/api_call.h"
#include "http/api/sdk_shapes.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace millrace {

class UserOffer {
 public:
  /// Blocks on the disk. Errors: those of the store.
  static Result<UserOffer> read(const ApiCall& call, ApiServices& services);

  /// In the order that they name, those that are hidden or not for this user too; a workflow that cannot be read is
  /// for nobody.
  const std::vector<OfferedWorkflow>& of(const std::string& integration) const;

 private:
  std::unordered_map<std::string, std::vector<OfferedWorkflow>> by_integration_;
};

}  // namespace millrace
