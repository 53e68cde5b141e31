#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace services::weather {

/// Degrees, north and east positive.
struct Place {
    double latitude = 0;
    double longitude = 0;
    friend bool operator==(const Place&, const Place&) = default;
};

struct Features {
    nlohmann::json list = nlohmann::json::array();
    bool complete = true;  ///< false: the answer says that there is another page
    std::string next{};    ///< URL of that page; empty = not said
    std::string updated{}; ///< when the list was made, RFC 3339, UTC; empty = not said
};

/// The features of a FeatureCollection, or the one Feature. Throws PermanentError when the body is neither.
[[nodiscard]] Features read_features(std::string_view body);
[[nodiscard]] nlohmann::json features(std::string_view body);

/// Where a feature is; nothing when its geometry is null or absent. Throws std::exception when it is no point on Earth.
[[nodiscard]] std::optional<Place> point_of(const nlohmann::json& feature);

/// "https://api.weather.gov/zones/fire/COZ222" -> "COZ222". Throws std::exception, naming `property`, when there
/// is nothing behind the last slash.
[[nodiscard]] std::string last_part(const std::string& url, std::string_view property);

/// "https://api.weather.gov/zones/fire/COZ222" -> "fire/COZ222": fire and forecast zones share their codes.
[[nodiscard]] std::string zone_of(const std::string& url, std::string_view property);

/// Value of a text property; empty when it is absent, null or no text.
[[nodiscard]] std::string text_of(const nlohmann::json& properties, std::string_view name);

/// RFC 3339, UTC, milliseconds. Throws std::exception, naming `property`, when the text is no plausible time.
[[nodiscard]] std::string utc(const std::string& text, std::string_view property);

} // namespace services::weather
