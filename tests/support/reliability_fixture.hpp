#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/envelope_reader.hpp"
#include "core/streaming/reliability/reliability_layer.hpp"
#include "tests/support/reliability_doubles.hpp"

namespace streaming::doubles {

/// One record and the layer that takes it, with a clock that the test moves.
struct ReliabilityFixture : testing::Test {
    void on(std::string type, Handler handler) {
        ASSERT_TRUE(handlers.add({.type = std::move(type), .name = "on_order", .handler = std::move(handler)}));
    }
    void use(ErrorHandlingOptions with) {
        errors = std::make_unique<RetryingErrorHandler>(with);
        options.strict_types = with.strict_types;
    }
    /// One record as the flow hands it over.
    void take(std::optional<std::string> payload) {
        record = std::make_unique<OwnedRecord>(std::move(payload));
        state = RecordState{.record = &record->get()};
        EnvelopeView envelope{.id = "orders:3:41"};
        if (record->get().payload) {
            const Status read = reader.read(*record->get().payload, envelope, unescaped);
            ASSERT_TRUE(read.ok()) << read.error().message;
        }
        state.message = Message(record->get(), envelope);
    }
    [[nodiscard]] ReliabilityLayer layer() {
        return {{.flow = flow,
                 .handlers = handlers,
                 .errors = *errors,
                 .dead_letters = dead_letters,
                 .clock = clock,
                 .log = *log},
                options};
    }
    Verdict attempt(std::stop_token stop = {}) { return layer().attempt(state, outputs, ticket, stop); }
    /// As the flow does with failed deliveries: what was sent is gone, then the layer is told.
    Verdict delivery_fails(ErrorCode code) {
        outputs.clear();
        return layer().delivery_failed(state, {.code = code, .message = "broker said no"}, outputs, ticket);
    }
    [[nodiscard]] std::vector<std::string> topics() const {
        std::vector<std::string> all;
        for (const OutgoingRecord& output : outputs.unsent()) {
            all.emplace_back(output.topic);
        }
        return all;
    }
    [[nodiscard]] std::string dead_letter_header(std::string_view name) const {
        return text_of(outputs.unsent().back().headers->find("tributary-" + std::string(name)));
    }

    static constexpr const char* kDeadLetters = "orders.billing.dlq";
    SteppedClock clock{};
    Ticket ticket{};
    std::shared_ptr<spdlog::logger> log = quiet_logger();
    FlowIdentity flow{.service = "billing", .flow = "orders", .group = "billing"};
    HandlerTable handlers{};
    std::unique_ptr<ErrorHandler> errors = std::make_unique<RetryingErrorHandler>(ErrorHandlingOptions{});
    DeadLetterQueue dead_letters{flow};
    ReliabilityLayer::Options options{};
    OutputBuffer outputs{};
    EnvelopeReader reader{};
    std::string unescaped{};
    std::unique_ptr<OwnedRecord> record{};
    RecordState state{};
};

} // namespace streaming::doubles
