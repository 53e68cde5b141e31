#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// One command of a pipeline. Keys, members and values are bytes (NUL included), lent for the duration of `send`.
struct StoreCommand {
    enum class Kind {
        contains, ///< which of `members` are in the set `key`  -> found
        add,      ///< puts `members` into the set `key` and sets the key's `ttl` -> nothing
        get,      ///< value of `key` -> value
        set,      ///< stores `value` under `key`, for `ttl` (zero = for ever) -> nothing
        exists,   ///< whether the plain key `key` exists -> found[0]
        erase,    ///< removes `key` -> nothing
        acquire,  ///< when `key` is absent or its value is `value`: stores `value` for `ttl` -> found[0]: it did
        release,  ///< when the value of `key` is `value`: removes `key` -> found[0]: it did
        announce, ///< enters `value` for `ttl` into the register `key`; the register itself stays -> value: see
                  ///< Register
        depart,   ///< takes `value` out of the register `key` -> nothing
        put,    ///< writes `members`, field and value in turn, into the hash `key` and sets the key's `ttl` -> nothing
        fields, ///< all of the hash `key` -> texts: field and value in turn, in any order
        spend   ///< of the budget `key`, which is what was spent in the last `ttl`; `value` = "<cost> <limit>":
                ///< spends `cost` when no more than `limit` is spent then -> value: see Spending
    };
    Kind kind = Kind::get;
    std::string_view key{};
    std::span<const std::string_view> members{};
    std::string_view value{};
    std::chrono::milliseconds ttl{0};
};

/// What `announce` answers: lines. Names hold no line end and are not empty.
struct Register {
    std::chrono::milliseconds age{0};   ///< since the store has had it: young after the store lost what it held
    std::vector<std::string> members{}; ///< whose time is not over, the announced one included; sorted
    /// Reads the value of the reply; nullopt when it is no such thing.
    [[nodiscard]] static std::optional<Register> parse(std::string_view value);
};

/// What `spend` answers. What was spent counts for up to a hundredth of the window longer than it must.
struct Spending {
    bool granted = false;
    std::uint64_t used = 0;            ///< in the window, this one included when it was granted
    std::chrono::milliseconds wait{0}; ///< until some of it is over; 0 = nothing is spent, or it was granted
    /// Reads the value of the reply; nullopt when it is no such thing.
    [[nodiscard]] static std::optional<Spending> parse(std::string_view value);
};

struct StoreReply {
    std::vector<std::uint8_t> found{};
    std::optional<std::string> value{};
    std::vector<std::string> texts{};
};

/// A pipelined key-value store. A port; used by one thread at a time. `send` writes without waiting for answers;
/// `receive` takes the answers of one earlier `send`, in order. After an error the connection is closed, every
/// outstanding answer is gone, and the next `send` connects again.
class KeyValueStore {
public:
    virtual ~KeyValueStore() = default;
    /// Connects if not connected and asks for a sign of life.
    virtual Status ping() = 0;
    virtual Status send(std::span<const StoreCommand> commands) = 0;
    /// Resizes `replies` to the number of commands of the oldest unanswered `send`. An error reply of the store to one
    /// command is an Error of the whole.
    virtual Status receive(std::vector<StoreReply>& replies) = 0;
    virtual void close() noexcept = 0;
};

} // namespace streaming
