#include "services/demo/situation.hpp"

#include <fmt/format.h>

namespace services::demo {

void Situation::see(const weather::Observation& observation) {
    const std::lock_guard lock(mutex_);
    if (observation.temperature_c) {
        temperatures_[observation.station] = *observation.temperature_c;
    }
}

void Situation::see(const firms::Detection& detection) {
    const std::lock_guard lock(mutex_);
    ++fires_[firms::tile(detection)];
}

void Situation::see(const trading::PositionRecord& record) {
    const std::lock_guard lock(mutex_);
    positions_[record.fill.order.instrument_token] = record.position;
}

std::string Situation::summary() const {
    const std::lock_guard lock(mutex_);
    std::size_t fires = 0;
    for (const auto& [tile, count] : fires_) {
        fires += count;
    }
    std::string text = fmt::format("{} fires in {} tiles", fires, fires_.size());
    for (const auto& [station, temperature] : temperatures_) {
        text += fmt::format(", {} {:.1f} C", station, temperature);
    }
    for (const auto& [instrument, quantity] : positions_) {
        text += fmt::format(", {} of {}", quantity, instrument);
    }
    return text;
}

void wire_situation(streaming::StreamServiceBuilder& service, const std::shared_ptr<Situation>& situation) {
    const streaming::Settings& settings = service.settings();
    const std::string group = settings.group_id_prefix + ".situation.";
    service
        .add_consumer_handler<weather::Observation>(
            {.topics = {std::string(streaming::TopicNames::weather)}, .group_id = group + "weather"},
            [situation](const weather::Observation& seen, streaming::Context&) { situation->see(seen); })
        .add_consumer_handler<firms::Detection>(
            {.topics = {std::string(streaming::TopicNames::fires)}, .group_id = group + "fires"},
            [situation](const firms::Detection& seen, streaming::Context& context) {
                if (seen.confidence == "low") {
                    context.ignore("low_confidence");
                    return;
                }
                situation->see(seen);
            })
        .add_consumer_handler<trading::PositionRecord>(
            {.topics = {streaming::TopicNames::positions(settings.name_space)}, .group_id = group + "positions"},
            [situation](const trading::PositionRecord& seen, streaming::Context&) { situation->see(seen); });
}

} // namespace services::demo
