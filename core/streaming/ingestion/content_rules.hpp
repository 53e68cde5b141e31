#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// Finds the topic of an event by what it says. Immutable: usable by many threads.
/// No document is built: of the payload, no more is read than the fields that the rules name, and nothing at all when
/// there are no rules.
class ContentRules {
public:
    explicit ContentRules(std::vector<ContentRule> rules);

    /// Topic of the first rule that fits, null when none does. Strings are compared as they are, numbers as they are
    /// written, booleans as true and false; null, arrays, objects and fields that are not there equal nothing, nor does
    /// anything of a payload that is no JSON.
    [[nodiscard]] const std::string* topic_of(std::string_view payload) const;

private:
    struct Rule {
        std::size_t field = 0; ///< index into fields_
        ContentRule rule{};
    };

    std::vector<std::vector<std::string>> fields_{}; ///< the way to each field: {"data", "severity"}
    std::vector<Rule> rules_{};
};

} // namespace streaming
