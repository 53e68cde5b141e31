#pragma once

#include <spdlog/fwd.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

struct SharingStatus {
    std::vector<std::string> owned{};   ///< sources that this process may poll now; sorted
    std::vector<std::string> members{}; ///< processes as last heard of, this one included; of leases only
    std::string trouble{};              ///< for health; empty = none
};

/// Says which sources this process polls, when several processes with one configuration share them. `tenure`,
/// `may_poll`, `in_trouble` and `status` are thread-safe and never block on the store; the others are for one thread at
/// a time.
class SourceSharing {
public:
    struct Dependencies {
        Clock& clock;
        KeyValueStore* store = nullptr; ///< for leases; of this object alone. Null = none
        spdlog::logger& log;
        std::string service{};  ///< those of one service share
        std::string instance{}; ///< not empty, no line end; never used twice: a new one for each start of a process
        /// Whether a poll that was allowed is still under way: a source is handed over only after it. Null = never.
        std::function<bool(const std::string&)> in_use{};
    };

    virtual ~SourceSharing() = default;

    /// Cheap. Asked right before each poll. Absent = another process polls it, or may. Else the number of the time that
    /// it is this one's: another number than before = another process may have polled it in between.
    [[nodiscard]] virtual std::optional<std::uint64_t> tenure(const std::string& source) const = 0;
    [[nodiscard]] bool may_poll(const std::string& source) const { return tenure(source).has_value(); }
    [[nodiscard]] virtual SharingStatus status() const = 0;
    /// Whether `status` has a trouble; cheap.
    [[nodiscard]] virtual bool in_trouble() const = 0;
    /// Those that this process has configured. New ones may be polled after the next `maintain`.
    virtual void set_sources(std::vector<std::string> names) = 0;
    /// One round of work; may block on the store as long as its timeouts are. Returns when to call again, on the steady
    /// clock; nullopt = never.
    virtual std::optional<Clock::steady_time> maintain() = 0;
    /// Gives everything back, for a stop: when nothing is polled any more. The others take over with their next round.
    virtual void leave() noexcept = 0;
};

/// `none`: everything is polled here. `split`: instance i of n by a hash of the name (XXH3). `leases`: see
/// SourceLeases.
[[nodiscard]] std::unique_ptr<SourceSharing> make_source_sharing(const SharingOptions& options,
                                                                 SourceSharing::Dependencies dependencies);

} // namespace streaming
