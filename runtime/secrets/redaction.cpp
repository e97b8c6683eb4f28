#include "runtime/secrets/redaction.h"

#include "runtime/files/file_value.h"
#include "runtime/secrets/needle_search.h"
#include "runtime/secrets/written_forms.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace millrace {
namespace {

/// As JSON writes the number that the text is; empty: it is none.
std::string number_text(const std::string& text) {
  constexpr std::size_t number_bytes_max = 64;
  if (text.size() > number_bytes_max) return {};
  const auto value = parse_json(text);
  return value && value->is_number() ? to_text(*value) : std::string();
}

/// The marks that a cut leaves, one after the other: dots, of any number from three on, or "…".
class CutMarks {
 public:
  explicit CutMarks(std::string_view text) : text_(text) {}

  /// Where the next one begins; npos: there is none.
  std::size_t next() {
    // Each is looked for once: a text has many of the one and none of the other.
    if (!is_behind(dots_)) dots_ = text_.find("...", end_);
    if (!is_behind(ellipsis_)) ellipsis_ = text_.find("\u2026", end_);
    const std::size_t found = std::min(*dots_, *ellipsis_);
    if (found != npos) end_ = std::min(text_.find_first_not_of('.', found + 1), text_.size());
    return found;
  }
  /// Behind its dots.
  std::size_t end() const { return end_; }

 private:
  static constexpr auto npos = std::string_view::npos;
  bool is_behind(const std::optional<std::size_t>& mark) const { return mark && *mark >= end_; }

  const std::string_view text_;
  std::optional<std::size_t> dots_;
  std::optional<std::size_t> ellipsis_;
  std::size_t end_ = 0;
};

}  // namespace

static_assert(Redaction::value_bytes_min >= NeedleSearch::needle_bytes_min);

/// What is looked for; tags are places in `secrets_`.
struct Redaction::Search {
  NeedleSearch texts;
  std::vector<std::pair<std::string, std::size_t>> numbers;
};

void Redaction::add(std::string_view value, std::string shown) {
  if (value.size() < value_bytes_min) return;
  secrets_.push_back({std::string(value), std::move(shown)});
  search_.reset();
}

bool Redaction::add_new(const Secret& secret) {
  if (std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end()) return false;
  secrets_.push_back(secret);
  search_.reset();
  return true;
}

bool Redaction::add_all(const Redaction& other) {
  bool is_any_new = false;
  for (const Secret& secret : other.secrets_) is_any_new |= add_new(secret);
  return is_any_new;
}

void Redaction::keep_newest(std::size_t count) {
  if (secrets_.size() <= count) return;
  secrets_.erase(secrets_.begin(), secrets_.end() - static_cast<std::ptrdiff_t>(count));
  search_.reset();
}

void Redaction::prepare() const { search(); }

const Redaction::Search& Redaction::search() const {
  if (search_ == nullptr) {
    auto made = std::make_shared<Search>();
    std::vector<NeedleSearch::Needle> needles;
    for (std::size_t i = 0; i < secrets_.size(); ++i) {
      const std::string& value = secrets_[i].value;
      for (auto& form : written_forms(value)) needles.push_back({std::move(form), i});
      if (auto number = number_text(value); !number.empty()) {
        made->numbers.emplace_back(std::move(number), i);
      }
    }
    made->texts = NeedleSearch(std::move(needles));
    search_ = std::move(made);
  }
  return *search_;
}

/// One walk over a text or a value.
class Redaction::Pass {
 public:
  explicit Pass(const Redaction& redaction)
      : secrets_(redaction.secrets_), search_(redaction.search()), found_(secrets_.size()) {}

  bool holds_any(std::string_view text) const { return search_.texts.find(text).has_value(); }

  bool holds_any(const Json& value) const {
    if (const auto* const text = value.if_string()) return holds_any_in(*text);
    if (value.is_number()) return number_of(value).has_value();
    if (const auto* const array = value.if_array()) {
      return std::any_of(array->begin(), array->end(),
                         [this](const Json& each) { return holds_any(each); });
    }
    const auto* const object = value.if_object();
    return object != nullptr &&
           std::any_of(object->begin(), object->end(), [this](const auto& each) {
             return holds_any(std::string_view(each.key())) || holds_any(each.value());
           });
  }

  std::string apply(std::string text) {
    auto match = search_.texts.find(text);
    if (!match) return text;
    // What is put in is not searched again: a mask may contain what another secret is made of.
    std::string out;
    std::size_t copied = 0;
    for (; match; match = search_.texts.find(text, copied)) {
      out.append(text, copied, match->begin - copied).append(take(match->tag));
      copied = match->begin + match->size;
    }
    return out.append(text, copied);
  }

  void apply_to(Json& value) {
    if (auto* const text = value.if_string()) {
      if (holds_any_in(*text)) value = apply(std::string(*text));
    } else if (value.is_number()) {
      if (const auto tag = number_of(value)) value = take(*tag);
    } else if (auto* const array = value.if_array()) {
      for (Json& each : *array) apply_to(each);
    } else if (auto* const object = value.if_object()) {
      apply_to_members(*object);
    }
  }

  void add_found(Redaction& found) const {
    for (std::size_t i = 0; i < secrets_.size(); ++i) {
      if (found_[i]) found.add_new(secrets_[i]);
    }
  }

 private:
  /// A file's handle stands for bytes that are looked at by themselves; what it is made of means nothing.
  bool holds_any_in(std::string_view text) const {
    return holds_any(text) && !parse_file_handle(text);
  }

  void apply_to_members(JsonObject& object) {
    for (auto& member : object) apply_to(member.value());
    const bool has_key = std::any_of(object.begin(), object.end(), [this](const auto& member) {
      return holds_any(std::string_view(member.key()));
    });
    if (!has_key) return;
    JsonObject renamed;
    for (auto& member : object) {
      renamed.insert_or_assign(apply(std::string(member.key())), std::move(member.value()));
    }
    object = std::move(renamed);
  }

  std::optional<std::size_t> number_of(const Json& value) const {
    const auto& numbers = search_.numbers;
    if (numbers.empty()) return std::nullopt;
    const auto known =
        std::find_if(numbers.begin(), numbers.end(),
                     [text = to_text(value)](const auto& each) { return each.first == text; });
    return known == numbers.end() ? std::nullopt : std::optional(known->second);
  }

  const std::string& take(std::size_t tag) {
    found_[tag] = true;
    return secrets_[tag].shown;
  }

  const std::vector<Secret>& secrets_;
  const Search& search_;
  std::vector<bool> found_;
};

std::string Redaction::apply(std::string text) const {
  if (empty()) return text;
  return without_cut_off(Pass(*this).apply(std::move(text)));
}

std::string Redaction::without_cut_off(std::string text) const {
  CutMarks marks(text);
  std::size_t copied = 0;
  std::string out;
  for (std::size_t mark = marks.next(); mark != std::string::npos; mark = marks.next()) {
    // What lies before the mark before it was looked at.
    const std::string_view left = std::string_view(text).substr(copied, mark - copied);
    const auto match = search().texts.find_cut_off(left);
    out.append(left.substr(0, match ? match->begin : left.size()));
    if (match) out.append(secrets_[match->tag].shown);
    out.append(text, mark, marks.end() - mark);
    copied = marks.end();
  }
  return copied == 0 ? text : out.append(text, copied);
}

void Redaction::apply_to(Json& value) const {
  if (!empty()) Pass(*this).apply_to(value);
}

bool Redaction::finds_any(std::string_view text) const {
  return !empty() && Pass(*this).holds_any(text);
}

SharedJson Redaction::masked(const SharedJson& value, Redaction& found) const {
  if (empty() || value == nullptr) return value;
  Pass pass(*this);
  if (!pass.holds_any(*value)) return value;
  Json copy = *value;
  pass.apply_to(copy);
  pass.add_found(found);
  return share(std::move(copy));
}

std::string masked_secret(std::string_view key) { return "[secret " + std::string(key) + ']'; }

}  // namespace millrace
