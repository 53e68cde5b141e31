#include "core/streaming/reliability/id_fingerprint.hpp"

#include <xxhash.h>

#include <random>

namespace streaming {

namespace {

std::uint64_t draw_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

const std::uint64_t seed = draw_seed();

} // namespace

IdFingerprint fingerprint(std::string_view id) noexcept {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data(), id.size(), seed);
    return {hash.low64, hash.high64};
}

} // namespace streaming
