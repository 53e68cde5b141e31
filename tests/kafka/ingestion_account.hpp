#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/kafka_reader.hpp"

namespace tests {

/// What a bare reader found on the topic of an ingestion from a NumberedApi.
struct IngestionAccount {
    std::size_t missing = 0;       ///< records that the API showed and that are not there
    std::size_t strangers = 0;     ///< records that it never showed
    std::size_t repeats = 0;       ///< events of a record that was there already
    std::size_t two_ids = 0;       ///< repeats with another event id: the next service would not see that it is one
    std::size_t other_content = 0; ///< repeats with another key, type or data
    friend bool operator==(const IngestionAccount&, const IngestionAccount&) = default;
    friend std::ostream& operator<<(std::ostream& out, const IngestionAccount& account);
};

/// `served` as NumberedApi tells.
[[nodiscard]] IngestionAccount account_of(const std::vector<streaming::testing_support::StoredRecord>& records,
                                          const std::map<std::string, int>& served);

/// Reads the topic until nothing is missing, for `patience` at most.
[[nodiscard]] IngestionAccount await_ingested(const std::string& servers, const std::string& topic,
                                              const std::map<std::string, int>& served,
                                              std::chrono::milliseconds patience = std::chrono::seconds(30));

} // namespace tests
