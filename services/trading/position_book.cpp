#include "services/trading/position_book.hpp"

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace services::trading {

namespace {

/// A signal becomes one order in each namespace, and an order one fill.
std::string signal_key(const Order& order) {
    return order.name_space + '\n' + std::to_string(order.instrument_token) + '\n' + order.signal_id;
}

} // namespace

PositionBook::Applied PositionBook::apply(const Fill& fill, const Place& place) {
    const Order& order = fill.order;
    const std::lock_guard lock(book_mutex_);
    Instrument& instrument = instruments_[{order.name_space, order.instrument_token}];
    const bool known = applied_signals_.contains(signal_key(order));
    // The newest record in the name of this fill: who reads it learns of both.
    const auto unchanged = [&](Outcome outcome) {
        remember(order);
        Applied answer{outcome, *instrument.newest};
        answer.record.fill = fill;
        return answer;
    };
    if (instrument.newest) {
        const Place& last = instrument.newest->applied;
        if (last.partition == place.partition && place.offset <= last.offset) {
            return unchanged(known ? Outcome::applied_before : Outcome::out_of_date);
        }
        if (known) {
            return unchanged(Outcome::repeated);
        }
    }
    PositionRecord next = instrument.newest.value_or(PositionRecord{});
    if (__builtin_add_overflow(next.position, signed_quantity(order.side, order.quantity), &next.position)) {
        throw streaming::PermanentError(
            "quantity: " + std::to_string(order.quantity) + " makes the position larger than 64 bits hold",
            "InvalidOrder");
    }
    next.fill = fill;
    ++next.fills;
    next.applied = place;
    remember(order);
    instrument.newest = std::move(next);
    instrument.made_here = true;
    return {Outcome::applied, *instrument.newest};
}

std::optional<PositionRecord> PositionBook::learn(const PositionRecord& record) {
    const Order& order = record.fill.order;
    const std::lock_guard lock(book_mutex_);
    Instrument& instrument = instruments_[{order.name_space, order.instrument_token}];
    remember(order);
    if (record.fills < instrument.on_topic) {
        const bool newest_is_on_topic = instrument.newest->fills == instrument.on_topic;
        return instrument.made_here && newest_is_on_topic ? instrument.newest : std::nullopt;
    }
    instrument.on_topic = record.fills;
    if (!instrument.newest || record.fills > instrument.newest->fills) {
        instrument.newest = record;
        instrument.made_here = false;
    }
    return std::nullopt;
}

std::int64_t PositionBook::position(const std::string& name_space, std::int64_t instrument_token) const {
    const std::lock_guard lock(book_mutex_);
    const auto found = instruments_.find({name_space, instrument_token});
    return found == instruments_.end() || !found->second.newest ? 0 : found->second.newest->position;
}

void PositionBook::remember(const Order& order) {
    const auto [signal, added] = applied_signals_.insert(signal_key(order));
    if (!added) {
        return;
    }
    oldest_signals_.push_back(&*signal);
    if (oldest_signals_.size() > remembered_) {
        applied_signals_.erase(applied_signals_.find(*oldest_signals_.front()));
        oldest_signals_.pop_front();
    }
}

} // namespace services::trading
