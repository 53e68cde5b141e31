#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/revision.hpp"

namespace streaming {

class SourceState;

/// What may be said about one event beside its keys.
struct EmitOptions {
    std::optional<Priority> priority{}; ///< absent = the source's
    std::string topic{};                ///< empty = the source's, or what the resolver says
};

/// A row of a source's answer that becomes an event, or that could not.
struct SourceRow {
    std::string id{}; ///< deterministic, see SourceContext::emit
    std::string key{};
    std::string payload{};                 ///< the envelope; the row as it came when rejected
    std::optional<std::string> rejected{}; ///< reason
    EmitOptions options{};
};

/// Of a row that is rejected: the same each time that it comes.
[[nodiscard]] std::string rejected_id(std::string_view source, std::string_view row);

/// What a source's handler may do with one answer. Used by the handler's thread only; dead when it returned.
/// The events go out when the handler has returned; when it threw, none does and the whole answer is dead-lettered.
class SourceContext {
public:
    struct Dependencies {
        std::string_view service;
        std::string_view source;
        spdlog::logger& log;
        std::chrono::system_clock::time_point now;
        SourceState* state = nullptr; ///< what earlier answers said; null = this is the first answer
    };
    SourceContext(const Dependencies& dependencies, std::stop_token stop);
    ~SourceContext();
    SourceContext(const SourceContext&) = delete;
    SourceContext& operator=(const SourceContext&) = delete;

    /// An event. `natural_key` is what makes it one and the same thing when it is read again (satellite, time, place;
    /// station and time): the id is a pure function of source, event type and natural key, so a repeated row is sent
    /// once.
    template <Event T>
    void emit(std::string_view natural_key, std::string kafka_key, const T& event, EmitOptions options = {}) {
        encoded_.clear();
        Codec<T>::encode(event, encoded_);
        emit_data(T::event_type, natural_key, {.key = std::move(kafka_key), .options = std::move(options)}, encoded_);
    }
    /// The same for data that is JSON already, of a type that is known at run time only. `row` brings Kafka key and
    /// options.
    void emit_data(std::string_view type, std::string_view natural_key, SourceRow row, std::string_view data);

    /// The event, or what `revised(event, revision)` makes of it when `natural_key` was read before with other content.
    /// `content` is all that counts as a change (bytes). What is known is emitted again, under the same id. A key that
    /// stands twice in one answer is one event: the first; one that says something else is rejected.
    template <Event T, class MakeRevised>
    void emit_revisable(std::string_view natural_key, std::string kafka_key, const T& event, std::string_view content,
                        MakeRevised revised, EmitOptions options = {}) {
        const Revision revision = revision_of(natural_key, content);
        if (revision.number == 0) {
            emit(natural_key, std::move(kafka_key), event, std::move(options));
        } else {
            emit(revised_key(natural_key, revision), std::move(kafka_key), revised(event, revision),
                 std::move(options));
        }
    }
    /// For those who emit themselves: which revision this is, and the natural key of its event (that of number 0 is
    /// `natural_key` itself).
    Revision revision_of(std::string_view natural_key, std::string_view content);
    /// The same for a content whose hash is at hand: text of json_content_hash. `previous` and `content` of the
    /// revision are such texts too.
    Revision revision_of_hash(std::string_view natural_key, std::string_view content_hash);
    [[nodiscard]] static std::string revised_key(std::string_view natural_key, const Revision& revision);

    /// For answers that are a list of what is active: call `listed` for each item, and, when the list is complete,
    /// `ended`, which calls `use(Ended&)` for each item that has left `list` since, with this answer and with those to
    /// come, for as long as ids are remembered: emit the end each time, with `ended_key` as its natural key. `use` may
    /// return false: it has not ended yet (the next complete list without it asks again). An item that comes back has
    /// another revision. Lists have names: a source may read several. `summary` is kept for the end.
    void listed(std::string_view list, std::string_view natural_key, std::string_view kafka_key,
                std::string_view summary);
    template <class Use>
    void ended(std::string_view list, Use use) {
        for_each_ended(list, [&use](Ended& end) {
            if constexpr (std::is_void_v<decltype(use(end))>) {
                use(end);
                return true;
            } else {
                return static_cast<bool>(use(end));
            }
        });
    }
    [[nodiscard]] static std::string ended_key(const Ended& end);
    /// The end of an item of the list, when it has ended and did not come back.
    [[nodiscard]] std::optional<Ended> find_ended(std::string_view list, std::string_view natural_key);

    /// What time the answer is of, of its newest data or of the whole: the latest that is said counts. A source whose
    /// answers are of longer ago than `api.max_age_seconds` is stale: an API may be well and give out what is old.
    void payload_is_of(std::chrono::system_clock::time_point time);
    [[nodiscard]] const std::optional<std::chrono::system_clock::time_point>& payload_time() const noexcept {
        return payload_time_;
    }

    /// Where the data of this answer's events says when: a member's name, or a JSON pointer. What is said twice and
    /// differs there alone is the same thing, said again with another time.
    void stamps_at(std::vector<std::string> places) { stamps_ = std::move(places); }
    [[nodiscard]] const std::vector<std::string>& stamps() const noexcept { return stamps_; }

    /// A row that cannot be understood: it goes to the source's dead-letter topic, as it came; the other rows go on.
    void reject(std::string_view row, std::string reason);

    [[nodiscard]] std::stop_token stop_token() const { return stop_; }
    [[nodiscard]] std::chrono::system_clock::time_point now() const { return dependencies_.now; } ///< of the answer
    [[nodiscard]] spdlog::logger& log() const { return dependencies_.log; }
    [[nodiscard]] std::vector<SourceRow>& rows() { return rows_; }
    /// The answer turned out to be none: nothing came to a list or left it.
    void reject_answer();
    /// Why the state could not be asked: nothing of the answer may be sent then, since revisions would pass for new.
    [[nodiscard]] const std::optional<Error>& state_trouble() const noexcept { return state_trouble_; }

private:
    /// Null when there is trouble.
    [[nodiscard]] SourceState* state();
    void for_each_ended(std::string_view list, const std::function<bool(Ended&)>& use);

    Dependencies dependencies_;
    std::stop_token stop_;
    std::vector<SourceRow> rows_{};
    std::vector<std::string> stamps_{};
    std::string encoded_{}; ///< of the last event: its memory is used again
    std::optional<std::chrono::system_clock::time_point> payload_time_{};
    SourceState* state_ = nullptr; ///< once it is used
    std::unique_ptr<SourceState> own_state_{};
    std::optional<Error> state_trouble_{};
};

/// Turns one answer into events. May throw: then nothing of the answer is sent.
using SourceHandler = std::function<void(const Response&, SourceContext&)>;

} // namespace streaming
