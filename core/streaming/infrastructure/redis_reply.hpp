#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace streaming {

/// One reply of Redis. hiredis would allocate an object for it and one for each element of an array: an array of
/// integers, such as the answers to 500 questions, is kept flat instead, in memory that the next reply reuses; one of
/// texts as they are.
struct RedisReply {
    enum class Kind { none, nil, status, error, text, integer, integers, texts, other };

    Kind kind = Kind::none;
    long long integer = 0;
    std::string text{};                   ///< of status, error and text
    std::vector<std::uint8_t> integers{}; ///< of integers: 1 where the integer was not 0; an empty array is one of them
    std::vector<std::string> texts{};     ///< of texts

    void clear() noexcept {
        kind = Kind::none;
        integers.clear();
        texts.clear();
    }
};

/// Makes the reader fill `reply`, which must outlive it.
void read_into(redisReader& reader, RedisReply& reply) noexcept;

} // namespace streaming
