#include "runtime/secrets/masking_stream.h"

#include "runtime/secrets/written_forms.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {
namespace {

NeedleSearch search_for(const Redaction& secrets) {
  std::vector<NeedleSearch::Needle> needles;
  for (const Redaction::Secret& each : secrets.secrets()) {
    for (std::string& form : written_forms(each.value)) needles.push_back({std::move(form), 0});
  }
  return NeedleSearch(std::move(needles));
}

}  // namespace

MaskingStream::MaskingStream(const Redaction& secrets) : search_(search_for(secrets)) {}

std::string MaskingStream::feed(std::string_view bytes) {
  kept_.append(bytes);
  return pass_on(End::is_open);
}

std::string MaskingStream::finish() { return pass_on(End::is_here); }

std::string MaskingStream::pass_on(End end) {
  std::size_t from = 0;
  std::size_t known = kept_.size();
  while (true) {
    // A secret that may be on its way counts only if it begins before one that is here: that one's bytes are taken.
    if (end == End::is_open) known = search_.unfinished(kept_, from);
    const auto match = search_.find(kept_, from);
    if (!match || match->begin >= known) break;
    from = match->begin + match->size;
    std::fill(kept_.begin() + static_cast<std::ptrdiff_t>(match->begin),
              kept_.begin() + static_cast<std::ptrdiff_t>(from), '*');
  }
  std::string rest = kept_.substr(known);
  kept_.resize(known);
  return std::exchange(kept_, std::move(rest));
}

}  // namespace millrace
