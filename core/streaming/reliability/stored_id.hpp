#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace streaming {

/// An id as it stands in the store, short and without two ids ever sharing a form: a canonical UUID is its 16 bytes; a
/// text of up to 15 bytes is itself; one of 16 to 64 bytes has a `=` in front, so that none looks like a packed UUID; a
/// longer one is "sha256:" and its digest in hexadecimal.
class StoredId {
public:
    static constexpr std::size_t kMaxVerbatimBytes = 64;
    static constexpr std::size_t kMaxBytes = 71;

    explicit StoredId(std::string_view id);
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, kMaxBytes> bytes_;
    std::uint8_t size_ = 0;
};

} // namespace streaming
