#pragma once
// Byte sizes in definitions: "512KB", "64MB", "1.5GB". A KB is 1024 bytes, as for every limit of
// Millrace; "KiB" and its kin say the same.

#include <cstddef>
#include <optional>
#include <string_view>

namespace millrace {

std::optional<std::size_t> parse_byte_size(std::string_view text);

}  // namespace millrace
