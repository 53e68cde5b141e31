#include "services/ingest/mqtt_topic.hpp"

#include <algorithm>
#include <stdexcept>

namespace services::ingest {
namespace {

constexpr std::string_view kDevice = "{device}";

std::vector<std::string_view> levels_of(std::string_view topic) {
    std::vector<std::string_view> levels;
    for (std::size_t slash = topic.find('/'); slash != std::string_view::npos; slash = topic.find('/')) {
        levels.push_back(topic.substr(0, slash));
        topic.remove_prefix(slash + 1);
    }
    levels.push_back(topic);
    return levels;
}

} // namespace

MqttTopic::MqttTopic(std::string_view written) {
    const auto levels = levels_of(written);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const bool wild = levels[i].find_first_of("+#") != std::string_view::npos;
        const bool device = levels[i] == kDevice;
        if ((wild && levels[i].size() > 1) || (levels[i] == "#" && i + 1 < levels.size()) ||
            (device && device_level_.has_value()) || written.empty()) {
            throw std::invalid_argument("a topic such as sensors/+/reading, sensors/# or sensors/{device}/reading");
        }
        if (device) {
            device_level_ = i;
        }
        levels_.emplace_back(device ? "+" : levels[i]);
        filter_ += (i == 0 ? "" : "/") + levels_.back();
    }
}

std::optional<std::string> MqttTopic::device_of(std::string_view topic) const {
    if (!device_level_) {
        return std::nullopt;
    }
    const auto said = levels_of(topic);
    if (said.size() < *device_level_ + 1) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (levels_[i] == "#") {
            return std::string(said[*device_level_]);
        }
        if (i >= said.size() || (levels_[i] != "+" && levels_[i] != said[i])) {
            return std::nullopt;
        }
    }
    return said.size() == levels_.size() && !said[*device_level_].empty()
               ? std::optional(std::string(said[*device_level_]))
               : std::nullopt;
}

} // namespace services::ingest
