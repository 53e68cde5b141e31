#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace services::ingest {

/// A topic of MQTT as a configuration writes it: `sensors/+/reading`, `sensors/#`, or `sensors/{device}/reading`, whose
/// level {device} is any, and says which device it was.
class MqttTopic {
public:
    /// Throws std::invalid_argument, saying what is allowed.
    explicit MqttTopic(std::string_view written);

    /// As the broker is told.
    [[nodiscard]] const std::string& filter() const noexcept { return filter_; }
    /// The device of a message's topic; nothing when that is another topic, or this one names none.
    [[nodiscard]] std::optional<std::string> device_of(std::string_view topic) const;

private:
    std::string filter_{};
    std::vector<std::string> levels_{}; ///< of that
    std::optional<std::size_t> device_level_{};
};

} // namespace services::ingest
