#include "services/trading_engine/execution.hpp"

#include <spdlog/logger.h>
#include <stdexcept>

#include "services/trading/topics.hpp"

namespace services::trading_engine {

using streaming::TopicNames;
using trading::PositionBook;

namespace {

constexpr std::size_t kForEver = 1'000'000'000;

/// Fills and positions stand or fall with this: one instrument of one namespace is one key of one topic.
void check_place(const streaming::Message& message, const std::string& topic, const trading::Order& order) {
    const std::string key = std::to_string(order.instrument_token);
    if (message.topic() != topic) {
        throw streaming::PermanentError("namespace: '" + order.name_space + "' belongs on another topic",
                                        "InvalidOrder");
    }
    if (message.key() != key) {
        throw streaming::PermanentError("key: must be the instrument_token, " + key, "InvalidOrder");
    }
}

std::string key_of(const trading::Order& order) { return std::to_string(order.instrument_token); }

} // namespace

void on_order(Trader& trader, const trading::Order& order, streaming::Context& context) {
    check(order);
    check_place(context.message(), TopicNames::orders(order.name_space), order);
    const auto fill = trader.execute(order);
    if (!fill && fill.error().retryable) {
        throw std::runtime_error(fill.error().message);
    }
    if (!fill) {
        throw streaming::PermanentError(fill.error().message, "OrderRefused");
    }
    context.send(TopicNames::fills(order.name_space), key_of(order), fill.value());
}

void on_fill(PositionBook& book, const trading::Fill& fill, streaming::Context& context) {
    const streaming::Message& message = context.message();
    check(fill.order);
    check_place(message, TopicNames::fills(fill.order.name_space), fill.order);
    const auto [outcome, record] = book.apply(fill, {.partition = message.partition(), .offset = message.offset()});
    if (outcome == PositionBook::Outcome::repeated) {
        context.ignore("repeated_fill");
    } else if (outcome == PositionBook::Outcome::out_of_date) {
        context.ignore("out_of_date_fill");
        context.log().warn("fill {}/{} of signal {} stands before the last applied one: not counted",
                           message.partition(), message.offset(), fill.order.signal_id);
    }
    context.send(TopicNames::positions(fill.order.name_space), key_of(fill.order), record);
}

void on_position(PositionBook& book, const trading::PositionRecord& record, streaming::Context& context) {
    if (const auto newest = book.learn(record)) {
        const trading::Order& order = newest->fill.order;
        context.log().warn("position of {} in {} was overtaken by an older one: sent again", order.instrument_token,
                           order.name_space);
        context.send(TopicNames::positions(order.name_space), key_of(order), *newest);
    }
}

void wire_execution(streaming::StreamServiceBuilder& service, const std::string& group,
                    const std::vector<std::string>& namespaces, std::shared_ptr<Trader> trader) {
    std::vector<std::string> orders;
    std::vector<std::string> fills;
    std::vector<std::string> positions;
    for (const std::string& name_space : namespaces) {
        service.add_topic(trading::stream_topic(orders.emplace_back(TopicNames::orders(name_space))))
            .add_topic(trading::stream_topic(fills.emplace_back(TopicNames::fills(name_space))))
            .add_topic(trading::position_topic(name_space));
        positions.push_back(TopicNames::positions(name_space));
    }
    auto book = std::make_shared<PositionBook>();
    service
        .add_consumer_handler<trading::Order>(
            {.topics = orders, .group_id = group + "orders"},
            [trader](const trading::Order& order, streaming::Context& context) { on_order(*trader, order, context); })
        // The book knows what was applied, from the topic itself: nothing to forget when Redis is emptied. And as it
        // counts a fill before its position is on the topic, that is tried until it is: no fill is dead-lettered
        // because the broker was away.
        .add_consumer_handler<trading::Fill>(
            {.topics = fills,
             .group_id = group + "fills",
             .error_handling = streaming::ErrorHandlingOptions{.max_attempts = kForEver},
             .deduplication = streaming::DeduplicationOptions{.enabled = false}},
            [book](const trading::Fill& fill, streaming::Context& context) { on_fill(*book, fill, context); })
        .add_consumer_handler<trading::PositionRecord>(
            trading::whole_topics(positions, group + "positions"),
            [book](const trading::PositionRecord& record, streaming::Context& context) {
                on_position(*book, record, context);
            });
}

} // namespace services::trading_engine
