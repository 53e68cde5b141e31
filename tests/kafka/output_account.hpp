#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/kafka_reader.hpp"

namespace tests {

/// What a bare reader found on the output of a service that copies numbered items.
struct OutputAccount {
    std::size_t missing = 0;   ///< items that are not there
    std::size_t strangers = 0; ///< items nobody sent
    std::size_t repeats = 0;   ///< records of an item that was there already
    std::size_t two_ids = 0;   ///< repeats with another event id: the next service would not see that it is one
    std::size_t shuffled = 0;  ///< items that came first after a later item of their key
    friend bool operator==(const OutputAccount&, const OutputAccount&) = default;
    friend std::ostream& operator<<(std::ostream& out, const OutputAccount& account);
};

[[nodiscard]] OutputAccount account_of(const std::vector<streaming::testing_support::StoredRecord>& records, int sent);

/// Waits until nothing is missing, `patience` at most, and then looks.
[[nodiscard]] OutputAccount await_output(const std::string& servers, const std::string& topic, int sent,
                                         std::chrono::milliseconds patience = std::chrono::seconds(30));

} // namespace tests
