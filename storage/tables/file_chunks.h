#pragma once
// The bytes of one file in rows of limits::file_chunk_bytes, so that no single row is big.

#include "storage/ordered_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

using FileChunkKey = std::function<std::string(std::uint32_t chunk)>;

void put_file_chunks(WriteBatch& batch, const FileChunkKey& key, std::string_view bytes);

/// `prefix`: of the keys of all chunks. Nothing: there is no row.
Result<std::optional<std::string>> read_file_chunks(const OrderedStore& store,
                                                    const std::string& prefix,
                                                    std::uint64_t size_expected);

}  // namespace millrace::storage
