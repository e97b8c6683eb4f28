#include "runtime/drafts/draft_text.h"

#include "runtime/digests/sha256.h"
#include "runtime/drafts/raw_json.h"
#include "runtime/drafts/read_definition.h"
#include "runtime/reading/strict_json.h"
#include "runtime/text/hex_text.h"

#include <span>
#include <utility>

namespace millrace {

namespace {

/// 128 bits: nobody finds two drafts of one tag by chance.
constexpr std::size_t tag_bytes = 16;

}  // namespace

Result<DraftText> read_draft_text(std::string_view text) {
  auto definition = parse_strict_json(text);
  if (!definition) return definition.error();
  make_whole_numbers_integers(*definition);
  return DraftText{std::move(*definition), compact_json(without_byte_order_mark(text))};
}

DraftText written_out(Json definition) {
  std::string text = to_text(definition);
  return {std::move(definition), std::move(text)};
}

std::string draft_tag(std::string_view text) {
  const Sha256 digest = sha256(text);
  return '"' + to_hex(std::span(digest).first(tag_bytes)) + '"';
}

}  // namespace millrace
