#include "services/wildfire_alerts/place_index.hpp"

namespace services::wildfire_alerts {
namespace {

int row_of(double latitude) { return static_cast<int>(std::floor(latitude)) + 90; }
int column_of(double longitude) { return static_cast<int>(std::floor(longitude)) + 180; }

} // namespace

std::size_t PlaceIndex::tile(int row, int column) {
    return static_cast<std::size_t>(row * kColumns + ((column % kColumns) + kColumns) % kColumns);
}

void PlaceIndex::put(std::size_t id, const Place& place) {
    const std::size_t now = tile(row_of(place.latitude), column_of(place.longitude));
    if (const auto [before, added] = tile_of_.try_emplace(id, now); !added) {
        std::erase_if(tiles_[before->second], [id](const Entry& entry) { return entry.id == id; });
        before->second = now;
    }
    tiles_[now].push_back({.id = id, .place = place});
}

PlaceIndex::Box PlaceIndex::box_around(const Place& place, double limit_km) {
    const double angle = limit_km / kEarthRadiusKm;
    const double south = place.latitude - degrees(angle);
    const double north = place.latitude + degrees(angle);
    Box box{.first_row = row_of(std::max(south, -90.0)),
            .last_row = row_of(std::min(north, 90.0)),
            .first_column = 0,
            .columns = kColumns};
    if (south > -90 && north < 90) {
        // The circle's easternmost point is not on the latitude of its centre.
        const double reach = degrees(std::asin(std::min(1.0, std::sin(angle) / std::cos(radians(place.latitude)))));
        box.first_column = column_of(place.longitude - reach);
        box.columns = std::min(kColumns, column_of(place.longitude + reach) - box.first_column + 1);
    }
    return box;
}

} // namespace services::wildfire_alerts
