#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/observation.hpp"

namespace bench {

/// What a source's answers hold, ready made, so that a leg measures the way to the broker and not the making: the same
/// rows in the twin and in ours, over and over.
class FetchedRows {
public:
    FetchedRows() {
        const Observations observations{.records = kStations, .repeats = false};
        for (std::size_t i = 0; i < kStations; ++i) {
            keys_.push_back(station_key(i));
            std::string& payload = payloads_.emplace_back();
            observations.write(i, payload);
            ids_.push_back(payload.substr(payload.find(R"("id":")") + 6, 36));
        }
    }
    [[nodiscard]] const std::string& id(std::size_t sequence) const { return ids_[sequence % kStations]; }
    [[nodiscard]] const std::string& key(std::size_t sequence) const { return keys_[sequence % kStations]; }
    [[nodiscard]] const std::string& payload(std::size_t sequence) const { return payloads_[sequence % kStations]; }

private:
    std::vector<std::string> ids_{};
    std::vector<std::string> keys_{};
    std::vector<std::string> payloads_{};
};

} // namespace bench
