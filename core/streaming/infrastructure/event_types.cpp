#include "core/streaming/infrastructure/event_types.hpp"

#include <algorithm>
#include <utility>

namespace streaming {

namespace {

std::string in_name_space(std::string_view name_space, std::string_view name) {
    std::string topic;
    if (!name_space.empty()) {
        topic.append(name_space).push_back('.');
    }
    return topic.append(name);
}

bool is_topic_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

} // namespace

std::string TopicNames::signals_generated(std::string_view name_space) {
    return in_name_space(name_space, "signals.generated");
}

std::string TopicNames::signals_validated(std::string_view name_space) {
    return in_name_space(name_space, "signals.validated");
}

std::string TopicNames::signals_rejected(std::string_view name_space) {
    return in_name_space(name_space, "signals.rejected");
}

std::string TopicNames::orders(std::string_view name_space) { return in_name_space(name_space, "orders"); }

std::string TopicNames::fills(std::string_view name_space) { return in_name_space(name_space, "fills"); }

std::string TopicNames::positions(std::string_view name_space) { return in_name_space(name_space, "positions"); }

std::string TopicNames::dead_letters(std::string_view topic, std::string_view group) {
    return std::string(topic).append(".").append(group).append(".dlq");
}

TopicMap::TopicMap(std::string_view name_space) {
    set(std::string(EventType::market_tick), std::string(TopicNames::market_ticks));
    set(std::string(EventType::signal_generated), TopicNames::signals_generated(name_space));
    set(std::string(EventType::signal_validated), TopicNames::signals_validated(name_space));
    set(std::string(EventType::order_placed), TopicNames::orders(name_space));
    set(std::string(EventType::signal_rejected), TopicNames::signals_rejected(name_space));
    set(std::string(EventType::order_filled), TopicNames::fills(name_space));
    for (const auto type :
         {EventType::weather_observation, EventType::weather_alert_issued, EventType::weather_alert_updated,
          EventType::weather_alert_cancelled, EventType::weather_alert_expired}) {
        set(std::string(type), std::string(TopicNames::weather));
    }
    set(std::string(EventType::fire_detection), std::string(TopicNames::fires));
    set(std::string(EventType::wildfire_alert), std::string(TopicNames::wildfire_alerts));
}

void TopicMap::set(std::string type, std::string topic) { topics_.insert_or_assign(std::move(type), std::move(topic)); }

std::optional<std::string> TopicMap::topic_of(std::string_view type) const {
    const auto found = topics_.find(type);
    return found == topics_.end() ? std::nullopt : std::optional(found->second);
}

bool is_valid_topic(std::string_view name) noexcept {
    constexpr std::size_t kMaxBytes = 249;
    return !name.empty() && name.size() <= kMaxBytes && name != "." && name != ".." &&
           std::ranges::all_of(name, is_topic_character);
}

} // namespace streaming
