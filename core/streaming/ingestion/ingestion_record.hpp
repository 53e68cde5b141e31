#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// What leaves the queue first.
enum class Priority : std::uint8_t { critical, high, normal, low };
inline constexpr std::size_t kPriorities = 4;

[[nodiscard]] std::string_view to_string(Priority priority) noexcept;

/// What became of a record that a source made.
enum class Settlement : std::uint8_t {
    acknowledged,  ///< the broker has it in its topic
    dead_lettered, ///< the broker has it in the dead-letter topic
    dropped,       ///< by the overflow strategy, which was chosen so
    given_up,      ///< neither: its source sends it again under the same id
    discarded      ///< it can never be sent, and by choice there are no dead letters: to send it again is in vain
};
inline constexpr std::size_t kSettlements = 5;

/// Is told what became of its records, each once. Called by the thread that settled the record: short, and from several
/// threads.
class SettlementListener {
public:
    virtual ~SettlementListener() = default;
    virtual void on_settled(std::string_view id, Settlement settlement) noexcept = 0;
};

/// One record on its way from a source to the broker. Moved along, never copied on the way.
struct IngestionRecord {
    std::string id{};     ///< deterministic, as in the envelope
    std::string source{}; ///< name of the source
    std::string topic{};  ///< resolved
    std::string key{};
    std::string payload{};                 ///< the envelope; the row as it came when rejected
    std::optional<std::string> rejected{}; ///< reason: it goes to the source's dead-letter topic
    Priority priority = Priority::normal;
    Clock::steady_time fetched{};                           ///< when its answer was there
    Clock::steady_time enqueued{};                          ///< set by the queue
    mutable std::shared_ptr<SettlementListener> listener{}; ///< null = nobody asks, or was told already

    /// What the bounds of queues and buffers count.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return id.size() + source.size() + topic.size() + key.size() + payload.size();
    }
    /// The first time counts. So whoever has to give up after an exception need not know how far things were.
    void settle(Settlement settlement) const noexcept {
        if (const auto told = std::exchange(listener, nullptr)) {
            told->on_settled(id, settlement);
        }
    }
};

} // namespace streaming
