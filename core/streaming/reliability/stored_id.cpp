#include "core/streaming/reliability/stored_id.hpp"

#include <openssl/sha.h>

#include <cstring>

#include "core/streaming/infrastructure/event_id.hpp"

namespace streaming {

namespace {

constexpr std::string_view kDigestPrefix = "sha256:";
static_assert(kDigestPrefix.size() + 2 * SHA256_DIGEST_LENGTH == StoredId::kMaxBytes);

void write_digest(std::string_view id, char* into) {
    std::memcpy(into, kDigestPrefix.data(), kDigestPrefix.size());
    into += kDigestPrefix.size();
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(static_cast<const unsigned char*>(static_cast<const void*>(id.data())), id.size(), digest.data());
    for (const unsigned char byte : digest) {
        *into++ = "0123456789abcdef"[byte >> 4U];
        *into++ = "0123456789abcdef"[byte & 0xFU];
    }
}

} // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): of bytes_ only what was written is read
StoredId::StoredId(std::string_view id) {
    if (const auto uuid = parse_uuid(id)) {
        std::memcpy(bytes_.data(), uuid->data(), uuid->size());
        size_ = static_cast<std::uint8_t>(uuid->size());
    } else if (id.size() > kMaxVerbatimBytes) {
        write_digest(id, bytes_.data());
        size_ = kMaxBytes;
    } else {
        const std::size_t prefix = id.size() >= sizeof(Uuid) ? 1 : 0;
        bytes_[0] = '=';
        if (!id.empty()) {
            std::memcpy(bytes_.data() + prefix, id.data(), id.size());
        }
        size_ = static_cast<std::uint8_t>(prefix + id.size());
    }
}

} // namespace streaming
