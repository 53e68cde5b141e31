#pragma once

#include <hiredis/hiredis.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/packed_id.hpp"

// hiredis without a framework: what the twin and the driver share. A failure ends the program.
namespace bench::raw {

struct FreeRedis {
    void operator()(redisContext* context) const { redisFree(context); }
};
using Redis = std::unique_ptr<redisContext, FreeRedis>;

/// Null when there is no server at `address` (host:port).
[[nodiscard]] Redis connect_redis(const std::string& address);

/// Sends one command and waits for its answer, the integer it holds.
long long ask_redis(redisContext* redis, const std::vector<std::string>& words);

inline constexpr std::chrono::seconds kTimeToLive{3600};

/// The set that ids of this time go to. An id is looked up in this and the one before.
[[nodiscard]] std::string bucket_key(const std::string& group, std::int64_t bucket);
[[nodiscard]] std::int64_t bucket_now();

/// Remembers ids in time-bucketed sets. A request goes out whole and at once; the answers are read one request after
/// the other into one vector, without an object for each.
class IdSets {
public:
    IdSets(const std::string& address, std::string group);

    /// Writes: add `marks` to the bucket of now, then look up `asked`. Both may be empty.
    void send(const std::vector<PackedId>& marks, const std::vector<PackedId>& asked);
    /// Waits for the answer to the oldest request; of what it asked, which were known.
    [[nodiscard]] const std::vector<std::uint8_t>& receive();
    [[nodiscard]] std::size_t outstanding() const { return expected_.size(); }

private:
    struct Expected {
        std::size_t replies = 0;
        std::size_t asked = 0;
    };
    void append_set(std::string_view command, const std::string& key, std::size_t count, std::string_view members);
    void append_word(std::string_view word);
    void write();

    Redis redis_;
    std::string group_;
    std::string request_{};
    std::string members_{};
    std::vector<Expected> expected_{};
    std::vector<std::uint8_t> answers_{};
    std::vector<std::uint8_t> known_{};
};

} // namespace bench::raw
