#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/shadow_log.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/source_options.hpp"
#include "core/streaming/ingestion/topic_resolver.hpp"
#include "core/streaming/orchestration/room_line.hpp"
#include "core/streaming/orchestration/settlement_inbox.hpp"
#include "core/streaming/orchestration/source_rows.hpp"

namespace streaming::detail {

/// Makes records of the rows of one source and gives them to the queue; of a source in shadow, to the shadow log.
/// Used by one thread at a time, `waits_for_room` by any.
class SourceOutlet {
public:
    struct Dependencies {
        QueueManager& queue;
        const TopicResolver& resolver;
        ShadowLog& shadow_log;
        RoomLine& line;
        SettlementInbox& settled; ///< is told how many records to expect
        std::string source{};     ///< its name
    };
    explicit SourceOutlet(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}
    ~SourceOutlet() { dependencies_.line.leave(dependencies_.source); }
    SourceOutlet(const SourceOutlet&) = delete;
    SourceOutlet& operator=(const SourceOutlet&) = delete;

    /// Gives those that waited longest, so many. False when there was no room for all of them: the rest goes first as
    /// soon as there is.
    [[nodiscard]] bool give(SourceRows& rows, std::size_t count, const SourceOptions& source,
                            const std::shared_ptr<SettlementListener>& listener);
    /// It did not even try: another source waits for longer than may be.
    [[nodiscard]] bool stands_back() const noexcept { return stands_back_; }
    void step_aside() { dependencies_.line.steps_aside(dependencies_.source); }
    [[nodiscard]] bool is_next() const { return dependencies_.line.is_next(dependencies_.source); }
    [[nodiscard]] bool waits_for_room() const noexcept { return waits_for_room_; }

private:
    [[nodiscard]] bool give_portion(SourceRows& rows, std::size_t count, const SourceOptions& source,
                                    const std::shared_ptr<SettlementListener>& listener);
    static void put_back(SourceRows& rows, std::vector<IngestionRecord>& records, std::vector<EmitOptions>& asked_for);
    [[nodiscard]] IngestionRecord record_of(SourceRows::Waiting& waiting, const SourceOptions& source) const;
    void withhold(const std::vector<IngestionRecord>& records);

    Dependencies dependencies_;
    std::atomic<bool> waits_for_room_{false};
    bool stands_back_ = false;
};

} // namespace streaming::detail
