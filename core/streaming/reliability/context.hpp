#pragma once

#include <spdlog/fwd.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/reliability/output_buffer.hpp"

namespace streaming {

/// What a flow is called, in ids, logs and metrics.
struct FlowIdentity {
    std::string service{};
    std::string flow{};  ///< unique in the service
    std::string group{}; ///< scope of ids and dead letters
};

/// What a handler may do besides returning: one per attempt, used by the handler's thread only, dead when it returned.
/// `send` only records: the messages are produced in order when the handler has returned, and discarded when it threw.
class Context {
public:
    struct Dependencies {
        const FlowIdentity& flow;
        OutputBuffer& outputs;
        DeliveryTicket& ticket;
        spdlog::logger& log;
        Clock& clock;
    };
    Context(const Dependencies& dependencies, const Message& message, int attempt, std::stop_token stop);

    [[nodiscard]] const Message& message() const { return message_; }
    [[nodiscard]] int attempt() const { return attempt_; }                  ///< 1 for the first
    [[nodiscard]] std::stop_token stop_token() const { return stop_; }      ///< requested when the service is stopping
    [[nodiscard]] spdlog::logger& log() const { return dependencies_.log; } ///< its lines carry the correlation id

    /// Sends an event in an envelope. Its id is derived from the input record, the group and the position of this call,
    /// so a record that is handled twice sends the same ids twice; its correlation id is the input's.
    template <Event T>
    void send(std::string topic, std::string key, const T& event) {
        begin_envelope(T::event_type);
        Codec<T>::encode(event, scratch());
        finish_envelope(topic, key);
    }
    /// Sends bytes as they are. Counts as a position like any other send.
    void send(OutgoingMessage raw);
    void send_view(const OutgoingView& raw); ///< the same without owning: it copies what it is given

    /// Ends the record with outcome `ignored` once the handler returns, counted by reason (few different ones).
    void ignore(std::string_view reason);

    [[nodiscard]] const std::string& ignore_reason() const { return ignore_reason_; } ///< empty = not ignored
    [[nodiscard]] std::size_t sent() const { return sent_; }

private:
    void begin_envelope(std::string_view type);
    void finish_envelope(std::string_view topic, std::string_view key);
    [[nodiscard]] std::string& scratch();
    [[nodiscard]] const Headers* trace_headers();

    Dependencies dependencies_;
    const Message& message_;
    int attempt_;
    std::stop_token stop_;
    std::size_t sent_ = 0;
    std::string ignore_reason_{};
    std::optional<Clock::system_time> sent_at_{}; ///< read at the first send only
    Headers trace_{};
    bool trace_read_ = false;
};

} // namespace streaming
