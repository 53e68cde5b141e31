#include "services/signal_generator/crossover.hpp"

#include <algorithm>

namespace services::signal_generator {
namespace {

constexpr std::size_t kAnswersKept = 256; // more signals of one instrument than can be on their way at a time

} // namespace

std::optional<std::string_view> Crossover::on_tick(const trading::Tick& tick, const trading::Place& place, Time time) {
    Instrument& instrument = instruments_[tick.instrument_token];
    // A topic that was deleted and made again starts at 0, with newer times.
    if (place.offset <= instrument.last_offset && time <= instrument.last_time) {
        const auto answer =
            std::ranges::find(instrument.answers, place.offset, [](const auto& at) { return at.first; });
        return answer == instrument.answers.end() ? std::nullopt : std::optional(answer->second);
    }
    instrument.last_offset = place.offset;
    instrument.last_time = time;
    instrument.prices.resize(options_.slow);
    instrument.prices[instrument.seen++ % options_.slow] = tick.last_price;
    if (instrument.seen < options_.slow) {
        return std::nullopt;
    }
    const auto side = compare(instrument);
    if (side) {
        instrument.answers.emplace_back(place.offset, *side);
        if (instrument.answers.size() > kAnswersKept) {
            instrument.answers.pop_front();
        }
    }
    return side;
}

std::optional<std::string_view> Crossover::compare(Instrument& instrument) const {
    const double fast = average(instrument, options_.fast);
    const double slow = average(instrument, options_.slow);
    if (fast == slow) {
        return std::nullopt;
    }
    const Relation now = fast > slow ? Relation::above : Relation::below;
    const Relation before = std::exchange(instrument.relation, now);
    if (before == Relation::unknown || before == now) {
        return std::nullopt;
    }
    return now == Relation::above ? "buy" : "sell";
}

double Crossover::average(const Instrument& instrument, std::size_t of_last) const {
    double sum = 0;
    for (std::size_t back = 1; back <= of_last; ++back) {
        sum += instrument.prices[(instrument.seen - back) % options_.slow];
    }
    return sum / static_cast<double>(of_last);
}

} // namespace services::signal_generator
