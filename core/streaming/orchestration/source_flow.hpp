#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/infrastructure/shadow_log.hpp"
#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/ingestion/ingestion_mode.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/topic_resolver.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/orchestration/owned_cursors.hpp"
#include "core/streaming/orchestration/service_plan.hpp"
#include "core/streaming/orchestration/settlement_inbox.hpp"
#include "core/streaming/orchestration/source_account.hpp"
#include "core/streaming/orchestration/source_diary.hpp"
#include "core/streaming/orchestration/source_memory.hpp"
#include "core/streaming/orchestration/source_outlet.hpp"
#include "core/streaming/orchestration/source_reading.hpp"
#include "core/streaming/orchestration/source_rows.hpp"
#include "core/streaming/orchestration/switched_http_client.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

/// One outside source: fetch -> handler -> rows not seen before -> the queue; once a record is acknowledged its id is
/// remembered. What was not acknowledged is not remembered: it is sent again under the same id when the source shows it
/// again. The ingestion mode says when. `run`, `finish` and `next_run` are called by one thread at a time (the
/// SourceScheduler's pool); `on_settled`, `configure`, `status`, `health` by any.
class SourceFlow final : public SettlementListener, public std::enable_shared_from_this<SourceFlow> {
public:
    struct Dependencies {
        ConnectionManager& connections;
        Clock& clock;
        spdlog::logger& log;
        QueueManager& queue;
        const TopicResolver& resolver;
        ShadowLog& shadow_log;
        detail::RoomLine& line; ///< of all sources of the queue
        /// See SourceSharing: absent = another process polls it.
        std::function<std::optional<std::uint64_t>(const std::string& source)> tenure;
        /// Whether nobody can say now who polls what. Null = never.
        std::function<bool()> sharing_in_trouble{};
        /// `run` has something to do at that time; called by any thread.
        std::function<void(const SourceFlow&, Clock::steady_time)> wake;
        std::unique_ptr<CursorStore> cursors; ///< of this source alone; null = in its store
        std::shared_ptr<detail::SourceAccount> account{};
        std::size_t place = 0;         ///< sources added before it
        std::string state_directory{}; ///< for what it remembers, when there is no Redis; empty = nowhere
        ApiHosts* api_hosts = nullptr; ///< shared by all sources; null = not shared
    };
    SourceFlow(Dependencies dependencies, std::string service, SourcePlan plan);
    ~SourceFlow() override;
    SourceFlow(const SourceFlow&) = delete;
    SourceFlow& operator=(const SourceFlow&) = delete;

    /// Makes the topic and the dead-letter topic.
    Status start();
    /// Does what is due: looks at what was settled, hands rows over, polls.
    void run(const std::stop_token& stop);
    /// It polls no more. Hands over what is left and there is room for, however long it is buffered by rights.
    void hand_over_rest();
    /// The same, and looks at what was settled.
    void finish();
    /// Nobody is to be told of news any more. When it does not run; waits for who is telling.
    void part();
    /// Looks at what was settled since and stores it. After the queue was drained for good.
    void settle_rest();
    [[nodiscard]] Clock::steady_time next_run();

    /// Other options, and another connector and handler where given, from the next `run` on. The name stays.
    void configure(SourceOptions options, std::unique_ptr<Connector> connector, SourceHandler handler);

    /// Something threw; the log and health say so. Returns the time.
    Clock::steady_time failed(const char* why) noexcept;

    void on_settled(std::string_view id, Settlement settlement) noexcept override;

    [[nodiscard]] PartHealth health() const;
    [[nodiscard]] SourceStatus status() const;
    /// Rows that are neither settled nor skipped.
    [[nodiscard]] std::size_t open_rows() const { return diary_.open_rows(); }
    [[nodiscard]] bool waits_for_room() const noexcept { return outlet_.waits_for_room(); }
    [[nodiscard]] bool is_next() const { return outlet_.is_next(); }   ///< in the line for room
    [[nodiscard]] bool is_polled() const noexcept { return polling_; } ///< right now
    [[nodiscard]] Priority priority() const noexcept { return priority_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    struct Change {
        SourceOptions options{};
        std::unique_ptr<Connector> connector{};
        SourceHandler handler{};
    };

    /// What a poll brought.
    struct Answer {
        detail::SourceRows::Poll poll{};
        std::vector<SourceRow> rows{};
        std::optional<Clock::system_time> payload_time{}; ///< as the handler said
    };

    [[nodiscard]] bool is_mine() const;
    void look_at_tenure();
    void take_change();
    void configure_connector();
    [[nodiscard]] detail::SourceMemory::Options memory_options() const {
        return {.deduplication = plan_.options.deduplication, .shadow = plan_.options.shadow};
    }
    [[nodiscard]] std::string reading_scope() const;
    [[nodiscard]] bool remembers();
    [[nodiscard]] Status make_topics();
    [[nodiscard]] bool has_topics();
    void make_mode();
    void renew_mode();
    void poll(const PollPlan& plan, const std::stop_token& stop);
    void poll_to_the_end(const PollPlan& plan, const std::stop_token& stop);
    void poll_failed(const PollPlan& plan);
    void forget_answers();
    [[nodiscard]] Clock::steady_time asked_to_wait(const PollPlan& plan) const;
    void note_answer(const Answer& read);
    [[nodiscard]] Clock::steady_time when_to_look_at(const PollPlan& plan) const;
    void take_in(Answer answer);
    void note_store(const Status& status, const char* then);
    void look_at_file();
    [[nodiscard]] bool pauses_without_store() const;
    void try_held();
    [[nodiscard]] Result<Response> fetch(const PollPlan& plan, const std::stop_token& stop);
    [[nodiscard]] bool is_news(const std::string& id);
    [[nodiscard]] Status read(const Response& response, const std::stop_token& stop, Answer& into);
    void look_at_age(const std::optional<Clock::system_time>& said);
    [[nodiscard]] Status ask_memory(std::span<const SourceRow> rows, std::vector<std::uint8_t>& known);
    [[nodiscard]] std::size_t keep_new(std::vector<SourceRow>& rows, std::span<const std::uint8_t> known);
    [[nodiscard]] ModeCounts mode_counts() const;
    void hand_over(const std::stop_token& stop);
    [[nodiscard]] bool give(std::size_t count);
    void take_settled();
    void note_failure(const Error& error);
    void settled(const detail::SourceRows::Poll& poll);
    void publish();

    Dependencies dependencies_;
    const std::string service_;
    const std::string name_;
    SourcePlan plan_;
    detail::SwitchedHttpClient http_{};
    std::optional<HttpOptions> http_options_{}; ///< that it has
    std::unique_ptr<KeyValueStore> store_;      ///< its one connection, used by the thread that runs it
    detail::OwnedCursors cursors_;
    std::unique_ptr<ApiClient> api_{}; ///< null = requests go out as they come
    detail::SettlementInbox settled_{};
    detail::SourceMemory memory_;
    detail::SourceReading reading_;
    const bool store_is_file_; ///< and not Redis
    detail::SourceOutlet outlet_;
    std::unique_ptr<IngestionMode> mode_{};
    ModeCounts earlier_{}; ///< of modes it had before

    // Of the thread that runs it.
    detail::SourceRows rows_{};
    std::size_t granted_ = 0;        ///< rows that the mode let go and that wait for room
    bool topics_missing_ = false;    ///< they could not be made yet
    bool waits_for_reading_ = false; ///< what it read before cannot be loaded yet
    std::optional<Answer> held_{};   ///< waits for the store of ids
    Clock::steady_time held_until_{};
    bool store_is_away_ = false;
    std::optional<Clock::system_time> payload_time_{}; ///< of the newest data, as it was said last
    std::optional<Clock::steady_time> stale_told_{};   ///< when the log last said that it is stale
    bool stale_is_told_ = false;                       ///< of the time that it is stale now
    std::set<std::string> broken_{}; ///< ids of answers that cannot be understood, since the last good one
    bool halted_ = false;            ///< its requests are wrong: it polls no more
    Clock::steady_time ask_again_ = Clock::steady_time::max(); ///< for what to hand over
    std::uint64_t store_errors_ = 0;                           ///< of those of its memory, the ones that were counted

    std::atomic<Priority> priority_;
    std::atomic<bool> news_{false};
    std::atomic<bool> polling_{false};
    std::optional<std::uint64_t> tenure_{}; ///< the last one

    detail::SourceDiary diary_;

    mutable std::mutex change_mutex_{}; ///< of what others ask for and look at: the change, and where the API client is
    std::optional<Change> change_{};
};

} // namespace streaming
