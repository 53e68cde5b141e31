#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/reliability/context.hpp"
#include "core/streaming/reliability/dead_letter_queue.hpp"
#include "core/streaming/reliability/error_handler.hpp"
#include "core/streaming/reliability/handler.hpp"
#include "core/streaming/reliability/outcome.hpp"
#include "core/streaming/reliability/output_buffer.hpp"

namespace streaming {

/// What went wrong with a record so far; made on the first failure only.
struct FailureRecord {
    std::string error_class{};
    std::string text{};
    std::chrono::system_clock::time_point first{};
    std::chrono::system_clock::time_point last{};
    bool permanent = false;
};

/// One record on its way through a flow: what the reliability layer knows about it.
struct RecordState {
    const ConsumedRecord* record = nullptr;
    Message message{};                  ///< set when the envelope could be read, or for a tombstone
    int attempt = 0;                    ///< attempts begun
    Outcome outcome = Outcome::handled; ///< valid once the verdict is `complete`
    std::string reason{};               ///< of ignored and dropped; error class of dead_lettered
    std::unique_ptr<FailureRecord> failure{};
    DeadLetterForm dead_letter_form = DeadLetterForm::full;
    bool dead_lettering = false;  ///< its dead-letter copy was written: a failed delivery repeats that, not the handler
    bool malformed = false;       ///< rejected: no handler may see it
    int dead_letter_failures = 0; ///< deliveries of that copy that failed
};

struct Verdict {
    enum class Kind {
        complete, ///< outcome decided; final once its records in the OutputBuffer are acknowledged
        retry,    ///< run again at `retry_at`
        halt      ///< the flow has to stop with this record unfinished (on_exhausted: stop)
    };
    Kind kind = Kind::complete;
    Clock::steady_time retry_at{};
};

/// Runs handlers and turns what they do into exactly one Outcome: opens the correlation scope, finds the handler by
/// event type, collects what it sends, asks the ErrorHandler when it fails and writes the dead letter. Decides; touches
/// no connection and starts no thread. Thread-safe: lanes share one, each with its own RecordState and OutputBuffer.
class ReliabilityLayer {
public:
    struct Dependencies {
        const FlowIdentity& flow;
        const HandlerTable& handlers;
        ErrorHandler& errors;
        const DeadLetterQueue& dead_letters;
        Clock& clock;
        spdlog::logger& log;
    };
    struct Options {
        bool strict_types = false;
        std::size_t max_message_bytes = 1'000'000; ///< a handler that sends more has failed for good (class TooLarge)
    };
    ReliabilityLayer(const Dependencies& dependencies, Options options);

    /// One attempt of a record whose envelope was read. Never throws. A failure while `stop` is requested is no
    /// failure: the verdict is retry, nobody is asked, and the record stays unfinished.
    [[nodiscard]] Verdict attempt(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket,
                                  std::stop_token stop) const noexcept;

    /// A record that cannot be understood (`malformed` of EnvelopeReader): class Malformed, no retries.
    [[nodiscard]] Verdict reject(RecordState& state, const Error& why, OutputBuffer& outputs,
                                 DeliveryTicket& ticket) const noexcept;

    /// What the record sent could not be delivered: a failed attempt of class Delivery (too_large: permanent, class
    /// TooLarge). A dead letter that cannot be delivered is tried again for ever, after a wait of at most 30 s; one too
    /// large becomes a pointer.
    [[nodiscard]] Verdict delivery_failed(RecordState& state, const Error& why, OutputBuffer& outputs,
                                          DeliveryTicket& ticket) const noexcept;

private:
    /// What an attempt failed with.
    struct Caught {
        std::string error_class{};
        std::string text{};
        bool permanent = false;
    };

    template <class Step>
    Verdict guarded(OutputBuffer& outputs, const Step& step) const noexcept;
    [[nodiscard]] Verdict unfinished() const noexcept;
    [[nodiscard]] const HandlerTable::Entry* handler_for(const Message& message) const noexcept;
    [[nodiscard]] Verdict handle(const HandlerTable::Entry& entry, RecordState& state, OutputBuffer& outputs,
                                 DeliveryTicket& ticket, std::stop_token stop) const;
    [[nodiscard]] static std::optional<Caught> run(const HandlerTable::Entry& entry, const Message& message,
                                                   Context& context);
    [[nodiscard]] static std::size_t largest_since(const OutputBuffer& outputs, OutputBuffer::Mark mark) noexcept;
    [[nodiscard]] Verdict unwanted(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket) const;
    [[nodiscard]] Verdict failed(RecordState& state, Caught caught, OutputBuffer& outputs,
                                 DeliveryTicket& ticket) const;
    [[nodiscard]] Decision decide(const RecordState& state) const;
    [[nodiscard]] Verdict dead_letter(RecordState& state, OutputBuffer& outputs, DeliveryTicket& ticket) const;
    [[nodiscard]] Verdict dead_letter_undelivered(RecordState& state, const Error& why, OutputBuffer& outputs,
                                                  DeliveryTicket& ticket) const;

    Dependencies dependencies_;
    Options options_;
};

} // namespace streaming
