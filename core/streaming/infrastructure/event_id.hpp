#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace streaming {

/// 16 bytes of an RFC 9562 UUID, in network order.
using Uuid = std::array<std::uint8_t, 16>;
inline constexpr std::size_t kUuidTextLength = 36;

/// A new UUIDv7 (RFC 9562 section 5.7): 48-bit milliseconds, then a counter that makes the ids of one process strictly
/// increasing (section 6.2, method 1; kept by compare-and-swap), then random bits. Thread-safe, safe after fork.
[[nodiscard]] Uuid make_uuid_v7();

/// A UUIDv8 (section 5.8) that is a pure function of its input: 48-bit milliseconds of `time`, then 74 bits of XXH3-128
/// over the parts (each with its length, so that ("ab","c") and ("a","bc") differ) and `index`.
[[nodiscard]] Uuid derive_uuid_v8(std::chrono::system_clock::time_point time, std::span<const std::string_view> parts,
                                  std::uint64_t index);

[[nodiscard]] std::string to_string(const Uuid& uuid);  ///< lower-case text
void write_text(const Uuid& uuid, char* into) noexcept; ///< exactly kUuidTextLength characters
/// Canonical lower-case text only: anything else must stay what it is, since ids are compared as text.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text) noexcept;

} // namespace streaming
