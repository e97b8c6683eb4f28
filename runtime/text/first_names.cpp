#include "runtime/text/first_names.h"

#include <algorithm>

namespace millrace {

std::string first_names(const std::vector<std::string>& names, std::size_t max) {
  std::string list;
  const std::size_t named = std::min(names.size(), max);
  for (std::size_t i = 0; i < named; ++i) list += (i == 0 ? "" : ", ") + names[i];
  const std::size_t others = names.size() - named;
  if (others == 0) return list;
  return list + " and " + std::to_string(others) + (others == 1 ? " other" : " others");
}

}  // namespace millrace
