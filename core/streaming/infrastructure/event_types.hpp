#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace streaming {

/// The event types that services of this repository exchange. A service may use any other string.
struct EventType {
    static constexpr std::string_view market_tick = "market.tick";
    static constexpr std::string_view signal_generated = "signal.generated";
    static constexpr std::string_view signal_validated = "signal.validated";
    static constexpr std::string_view signal_rejected = "signal.rejected";
    static constexpr std::string_view order_placed = "order.placed";
    static constexpr std::string_view order_filled = "order.filled";
    static constexpr std::string_view weather_observation = "weather.observation.recorded";
    static constexpr std::string_view weather_alert_issued = "weather.alert.issued";
    static constexpr std::string_view weather_alert_updated = "weather.alert.updated";
    static constexpr std::string_view weather_alert_cancelled = "weather.alert.cancelled";
    static constexpr std::string_view weather_alert_expired = "weather.alert.expired";
    static constexpr std::string_view fire_detection = "wildfire.detection.observed";
    static constexpr std::string_view wildfire_alert = "wildfire.alert.raised";
};

/// Topic names, the same everywhere. `name_space` is the trading namespace, such as "paper".
struct TopicNames {
    static constexpr std::string_view market_ticks = "market.ticks";
    static constexpr std::string_view weather = "wildfire-weather-data";
    static constexpr std::string_view fires = "wildfire-nasa-firms";
    static constexpr std::string_view iot_sensors = "wildfire-iot-sensors";
    static constexpr std::string_view wildfire_alerts = "wildfire-alerts";
    static constexpr std::string_view fallback = "wildfire-default";

    [[nodiscard]] static std::string signals_generated(std::string_view name_space);
    [[nodiscard]] static std::string signals_validated(std::string_view name_space);
    [[nodiscard]] static std::string signals_rejected(std::string_view name_space);
    [[nodiscard]] static std::string orders(std::string_view name_space);
    [[nodiscard]] static std::string fills(std::string_view name_space);
    [[nodiscard]] static std::string positions(
        std::string_view name_space); ///< compacted, the last one of a key counts
    [[nodiscard]] static std::string dead_letters(std::string_view topic,
                                                  std::string_view group); ///< {topic}.{group}.dlq
};

/// Which topic an event type travels on. Starts with the types above; entries may be added or replaced.
class TopicMap {
public:
    explicit TopicMap(std::string_view name_space);
    void set(std::string type, std::string topic);
    [[nodiscard]] std::optional<std::string> topic_of(std::string_view type) const;

private:
    std::map<std::string, std::string, std::less<>> topics_{};
};

/// Whether Kafka accepts the name: [A-Za-z0-9._-]{1,249}, not "." or "..".
[[nodiscard]] bool is_valid_topic(std::string_view name) noexcept;

} // namespace streaming
