#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"

namespace streaming {

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

/// What a source's handler may do with one answer. Used by the handler's thread only; dead when it returned.
/// The events go out when the handler has returned; when it threw, none does and the whole answer is dead-lettered.
class SourceContext {
public:
    struct Dependencies {
        std::string_view service;
        std::string_view source;
        spdlog::logger& log;
        std::chrono::system_clock::time_point now;
    };
    SourceContext(const Dependencies& dependencies, std::stop_token stop)
        : dependencies_(dependencies), stop_(std::move(stop)) {}

    /// An event. `natural_key` is what makes it one and the same thing when it is read again (satellite, time, place;
    /// station and time): the id is a pure function of source, event type and natural key, so a repeated row is sent
    /// once.
    template <Event T>
    void emit(std::string_view natural_key, std::string kafka_key, const T& event, EmitOptions options = {}) {
        std::string data;
        Codec<T>::encode(event, data);
        emit_data(T::event_type, natural_key, {.key = std::move(kafka_key), .options = std::move(options)}, data);
    }
    /// The same for data that is JSON already, of a type that is known at run time only. `row` brings Kafka key and
    /// options.
    void emit_data(std::string_view type, std::string_view natural_key, SourceRow row, std::string_view data);
    /// A row that cannot be understood: it goes to the source's dead-letter topic, as it came; the other rows go on.
    void reject(std::string_view row, std::string reason);

    [[nodiscard]] std::stop_token stop_token() const { return stop_; }
    [[nodiscard]] spdlog::logger& log() const { return dependencies_.log; }
    [[nodiscard]] std::vector<SourceRow>& rows() { return rows_; }

private:
    Dependencies dependencies_;
    std::stop_token stop_;
    std::vector<SourceRow> rows_{};
};

/// Turns one answer into events. May throw: then nothing of the answer is sent.
using SourceHandler = std::function<void(const Response&, SourceContext&)>;

} // namespace streaming
