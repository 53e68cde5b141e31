#include "core/streaming/infrastructure/event_id.hpp"

#include <pthread.h>
#include <sys/random.h>
#include <xxhash.h>

#include <atomic>
#include <bit>
#include <cstring>
#include <memory>
#include <random>

namespace streaming {

namespace {

constexpr unsigned kCounterBits = 12;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 48U) - 1;

/// How often this process is a fork of the one that loaded the library. A child must not repeat its parent's random
/// bits.
std::atomic<std::uint64_t>& fork_generation() {
    static std::atomic<std::uint64_t> generation{1};
    static const int registered =
        pthread_atfork(nullptr, nullptr, [] { fork_generation().fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(registered);
    return generation;
}

/// xoshiro256** 1.0 by David Blackman and Sebastiano Vigna, seeded by the kernel, again after a fork.
class RandomBits {
public:
    std::uint64_t next() {
        const std::uint64_t generation = fork_generation().load(std::memory_order_relaxed);
        if (generation != seeded_in_) {
            seed();
            seeded_in_ = generation;
        }
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

private:
    void seed() {
        if (getrandom(state_.data(), sizeof state_, 0) != static_cast<ssize_t>(sizeof state_)) {
            std::random_device device; // kernels without getrandom
            for (std::uint64_t& word : state_) {
                word = (std::uint64_t{device()} << 32U) | device();
            }
        }
        state_[0] |= 1U; // never all zero
    }

    std::array<std::uint64_t, 4> state_{};
    std::uint64_t seeded_in_ = 0;
};

std::uint64_t milliseconds_of(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return static_cast<std::uint64_t>(whole) & kTimeMask;
}

/// The layout that versions 7 and 8 share: 48 bits of time, version, 12 bits, variant, 62 bits.
Uuid assemble(std::uint64_t milliseconds, std::uint64_t version, std::uint64_t twelve_bits, std::uint64_t bits) {
    const std::uint64_t high = (milliseconds << 16U) | (version << 12U) | (twelve_bits & 0xFFFU);
    const std::uint64_t low = (std::uint64_t{0b10} << 62U) | (bits >> 2U);
    Uuid uuid{};
    for (unsigned i = 0; i < 8; ++i) {
        uuid[i] = static_cast<std::uint8_t>(high >> (56U - 8U * i));
        uuid[8 + i] = static_cast<std::uint8_t>(low >> (56U - 8U * i));
    }
    return uuid;
}

/// (milliseconds << 12 | counter), greater than every one before. When the counter of a millisecond is used up, it
/// carries into the time, as RFC 9562 section 6.2 allows.
std::uint64_t next_time_and_counter() {
    static std::atomic<std::uint64_t> last{0};
    const std::uint64_t now = milliseconds_of(std::chrono::system_clock::now()) << kCounterBits;
    std::uint64_t seen = last.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        next = now > seen ? now : seen + 1;
    } while (!last.compare_exchange_weak(seen, next, std::memory_order_relaxed));
    return next;
}

std::array<char, 8> little_endian(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(value >> (8U * i));
    }
    return bytes;
}

/// Hands every part to `take`, each behind its length, then the index.
template <class Take>
void for_each_piece(std::span<const std::string_view> parts, std::uint64_t index, Take take) {
    for (const std::string_view part : parts) {
        const auto length = little_endian(part.size());
        take(length.data(), length.size());
        take(part.data(), part.size());
    }
    const auto last = little_endian(index);
    take(last.data(), last.size());
}

/// XXH3-128 gives the same for the pieces one by one and put together; together is faster when they are few.
XXH128_hash_t hash(std::span<const std::string_view> parts, std::uint64_t index) {
    std::array<char, 512> together; // NOLINT(cppcoreguidelines-pro-type-member-init): only what was written is read
    std::size_t size = 8;
    for (const std::string_view part : parts) {
        size += 8 + part.size();
    }
    if (size <= together.size()) {
        std::size_t used = 0;
        for_each_piece(parts, index, [&](const char* bytes, std::size_t count) {
            if (count != 0) {
                std::memcpy(together.data() + used, bytes, count);
                used += count;
            }
        });
        return XXH3_128bits(together.data(), used);
    }
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
    XXH3_128bits_reset(state.get());
    for_each_piece(parts, index,
                   [&](const char* bytes, std::size_t count) { XXH3_128bits_update(state.get(), bytes, count); });
    return XXH3_128bits_digest(state.get());
}

constexpr std::array<char, 512> make_hex_pairs() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        pairs[2 * byte] = kDigits[byte / 16];
        pairs[2 * byte + 1] = kDigits[byte % 16];
    }
    return pairs;
}

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digit_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoDigit);
    for (std::uint8_t i = 0; i < 10; ++i) {
        values[static_cast<std::size_t>('0') + i] = i;
    }
    for (std::uint8_t i = 0; i < 6; ++i) {
        values[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
    }
    return values;
}

constexpr std::array<char, 512> kHexPairs = make_hex_pairs();
constexpr std::array<std::uint8_t, 256> kDigitValues = make_digit_values();
/// Where the two digits of each byte stand in the text.
constexpr std::array<std::uint8_t, 16> kDigitPositions = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::array<std::uint8_t, 4> kDashPositions = {8, 13, 18, 23};

} // namespace

Uuid make_uuid_v7() {
    static thread_local RandomBits random;
    const std::uint64_t time_and_counter = next_time_and_counter();
    return assemble((time_and_counter >> kCounterBits) & kTimeMask, 7, time_and_counter, random.next());
}

Uuid derive_uuid_v8(std::chrono::system_clock::time_point time, std::span<const std::string_view> parts,
                    std::uint64_t index) {
    const XXH128_hash_t bits = hash(parts, index);
    return assemble(milliseconds_of(time), 8, bits.high64, bits.low64);
}

std::string to_string(const Uuid& uuid) {
    std::string text(kUuidTextLength, '-');
    write_text(uuid, text.data());
    return text;
}

void write_text(const Uuid& uuid, char* into) noexcept {
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        std::memcpy(into + kDigitPositions[i], &kHexPairs[2U * uuid[i]], 2);
    }
    for (const std::uint8_t position : kDashPositions) {
        into[position] = '-';
    }
}

std::optional<Uuid> parse_uuid(std::string_view text) noexcept {
    if (text.size() != kUuidTextLength) {
        return std::nullopt;
    }
    for (const std::uint8_t position : kDashPositions) {
        if (text[position] != '-') {
            return std::nullopt;
        }
    }
    Uuid uuid{};
    unsigned wrong = 0;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        const unsigned high = kDigitValues[static_cast<std::uint8_t>(text[kDigitPositions[i]])];
        const unsigned low = kDigitValues[static_cast<std::uint8_t>(text[kDigitPositions[i] + 1U])];
        wrong |= (high | low) & 0xF0U; // digits have no upper bits, kNoDigit has
        uuid[i] = static_cast<std::uint8_t>((high << 4U) | (low & 0xFU));
    }
    return wrong == 0 ? std::optional(uuid) : std::nullopt;
}

} // namespace streaming
