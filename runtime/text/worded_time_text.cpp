#include "runtime/text/worded_time_text.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace millrace {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t text_bytes_max = 100;

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 12> long_months{
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> long_weekdays{
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

struct Zone {
  std::string_view name;
  hours offset;
};
constexpr Zone zones[] = {{"gmt", hours(0)},  {"utc", hours(0)},  {"ut", hours(0)},
                          {"z", hours(0)},    {"est", hours(-5)}, {"edt", hours(-4)},
                          {"cst", hours(-6)}, {"cdt", hours(-5)}, {"mst", hours(-7)},
                          {"mdt", hours(-6)}, {"pst", hours(-8)}, {"pdt", hours(-7)}};

std::optional<int> number(std::string_view digits) {
  int value = 0;
  if (digits.empty() || digits.front() == '-') return std::nullopt;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::size_t> position(std::span<const std::string_view> words,
                                    std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

/// "08:49:37" or "08:49".
std::optional<seconds> time_of_day(std::string_view word) {
  if ((word.size() != 8 && word.size() != 5) || word[2] != ':') return std::nullopt;
  if (word.size() == 8 && word[5] != ':') return std::nullopt;
  const auto hour = number(word.substr(0, 2));
  const auto minute = number(word.substr(3, 2));
  const auto second = word.size() == 5 ? 0 : number(word.substr(6, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return hours(*hour) + minutes(*minute) + seconds(*second);
}

/// "GMT", "EST", "-0500", "GMT+0100", "+01:00".
std::optional<minutes> zone(std::string_view word) {
  const auto* const named = std::find_if(std::begin(zones), std::end(zones),
                                         [&](const Zone& each) { return each.name == word; });
  if (named != std::end(zones)) return named->offset;
  if (word.starts_with("gmt") || word.starts_with("utc")) word.remove_prefix(3);
  if (word.size() < 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
  const bool has_colon = word.size() == 6 && word[3] == ':';
  if (word.size() != 5 && !has_colon) return std::nullopt;
  const auto hour = number(word.substr(1, 2));
  const auto minute = number(word.substr(has_colon ? 4 : 3, 2));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return word[0] == '-' ? -offset : offset;
}

/// The words, in lower case, without a comment in brackets at the end; "06-Nov-94" is three.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string rest = lower_case(text.substr(0, text.find('(')));
  for (std::size_t at = 0; (at = rest.find_first_not_of(" ,", at)) != std::string::npos;) {
    const auto end = std::min(rest.find_first_of(" ,", at), rest.size());
    const std::string word = rest.substr(at, end - at);
    at = end;
    if (word.size() >= 9 && word[2] == '-' && word[6] == '-') {
      words.push_back(word.substr(0, 2));
      words.push_back(word.substr(3, 3));
      words.push_back(word.substr(7));
    } else {
      words.push_back(word);
    }
  }
  return words;
}

/// What the words have said so far. Each word is one part, of which there is one.
class Parts {
 public:
  bool take(const std::string& word) {
    if (position(weekdays, word) || position(long_weekdays, word)) return set(weekday_, true);
    auto named = position(months, word);
    if (!named) named = position(long_months, word);
    if (named) return set(month_, static_cast<unsigned>(*named) + 1);
    if (const auto time = time_of_day(word)) return set(time_, *time);
    if (const auto value = number(word)) return take_number(*value, word.size());
    const auto offset = zone(word);
    return offset && set(offset_, *offset);
  }

  std::optional<Instant> instant() const {
    if (!day_ || !month_ || !year_ || !time_) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year_), std::chrono::month(*month_),
                                           std::chrono::day(static_cast<unsigned>(*day_))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + *time_ - offset_.value_or(minutes(0));
  }

 private:
  template <class Value>
  static bool set(std::optional<Value>& part, Value value) {
    if (part) return false;
    part = value;
    return true;
  }

  bool take_number(int value, std::size_t digits) {
    if (digits == 4) return set(year_, value);
    if (digits > 2) return false;
    if (!day_) return set(day_, value);
    return digits == 2 && set(year_, value < 50 ? 2000 + value : 1900 + value);
  }

  std::optional<bool> weekday_;
  std::optional<int> day_;
  std::optional<unsigned> month_;
  std::optional<int> year_;
  std::optional<seconds> time_;
  std::optional<minutes> offset_;
};

}  // namespace

std::optional<Instant> parse_worded_time(std::string_view text) {
  if (text.size() > text_bytes_max) return std::nullopt;
  Parts parts;
  for (const std::string& word : words_of(text)) {
    if (!parts.take(word)) return std::nullopt;
  }
  return parts.instant();
}

}  // namespace millrace
