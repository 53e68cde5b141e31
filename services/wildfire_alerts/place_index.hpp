#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <unordered_map>
#include <vector>

#include "services/wildfire_alerts/distance.hpp"

namespace services::wildfire_alerts {

/// Finds the nearest of some thousand places on Earth: a bucket for each tile of one degree. Used by one thread at a
/// time.
class PlaceIndex {
public:
    /// Puts number `id` at `place`; it leaves where it was before.
    void put(std::size_t id, const Place& place);

    struct Found {
        std::size_t id = 0;
        double distance_km = 0;
    };
    /// The nearest one not farther than `limit_km` for which `accept(id)`; nothing when there is none.
    template <class Accept>
    [[nodiscard]] std::optional<Found> nearest(const Place& place, double limit_km, Accept accept) const {
        // A small circle first: where places are many it is enough, where they are few it costs nothing.
        const auto near = nearest_in(box_around(place, limit_km / 8), place, limit_km / 8, accept);
        return near ? near : nearest_in(box_around(place, limit_km), place, limit_km, accept);
    }

private:
    static constexpr int kRows = 181; // the last one is the North Pole alone
    static constexpr int kColumns = 360;

    struct Entry {
        std::size_t id;
        Place place;
    };
    struct Box {
        int first_row;
        int last_row;
        int first_column;
        int columns;
    };
    template <class Accept>
    [[nodiscard]] std::optional<Found> nearest_in(const Box& box, const Place& place, double limit_km,
                                                  const Accept& accept) const {
        std::optional<Found> best;
        for (int row = box.first_row; row <= box.last_row; ++row) {
            for (int column = 0; column < box.columns; ++column) {
                for (const Entry& entry : tiles_[tile(row, box.first_column + column)]) {
                    const double distance = distance_km(place, entry.place);
                    if (distance <= (best ? best->distance_km : limit_km) && accept(entry.id)) {
                        best = {.id = entry.id, .distance_km = distance};
                    }
                }
            }
        }
        return best;
    }
    [[nodiscard]] static Box box_around(const Place& place, double limit_km);
    [[nodiscard]] static std::size_t tile(int row, int column); ///< the column may be outside: the Earth is round

    std::vector<std::vector<Entry>> tiles_{std::vector<std::vector<Entry>>(std::size_t{kRows} * kColumns)};
    std::unordered_map<std::size_t, std::size_t> tile_of_{};
};

} // namespace services::wildfire_alerts
