#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// What holds for sources of a type where their settings do not say.
struct SourceDefaults {
    std::chrono::milliseconds max_age{0}; ///< of payloads, see SourceContext::payload_is_of; 0 = none is stale
    std::chrono::seconds repeats{0};      ///< so long it shows a row again: ids are remembered for longer
};

/// What makes a source: how to fetch, and what becomes of an answer.
struct SourceParts {
    std::unique_ptr<Connector> connector{};
    SourceHandler handler{};
    HttpOptions http{}; ///< such as the user agent an API asks for
    SourceDefaults defaults{};
};

/// An answer that is there already, without an API: kept in a file, say.
struct RecordedAnswer {
    HttpResponse response{};
    std::string path{}; ///< of the file
};

/// The source types that a configuration may name (`source_type`), each with the function that makes a source of it.
/// Filled by a program before it starts; reading is thread-safe then.
class SourceTypes {
public:
    struct Request {
        std::string name{}; ///< of the source
        const SourceSettings& settings;
        std::string endpoint{}; ///< `api_endpoints.<source_type>`; empty = the type's own
        Clock& clock;
    };
    /// The error names the parameter, what is there and what is allowed: `custom_params.state: 'Cal' is not ...`.
    using Maker = std::function<Result<SourceParts>(const Request&)>;

    /// Puts into `custom_params` what a type needs only for the way to its API (a key, a URL), or takes out what would
    /// make it ask for more than the one answer. Given the answer, it may tell what that is of.
    using Recorded = std::function<void(const RecordedAnswer&, std::map<std::string, nlohmann::json>& custom_params)>;

    /// A name that is there already is replaced. `recorded`: see make_for.
    void add(std::string type, Maker make, Recorded recorded = {});
    /// An unknown type is an error that lists the known ones; what a maker throws is one too.
    [[nodiscard]] Result<SourceParts> make(const Request& request) const;
    /// The same for an answer that is there already: what only the way to the API needs need not be given.
    [[nodiscard]] Result<SourceParts> make_for(const RecordedAnswer& answer, const Request& request) const;
    [[nodiscard]] bool knows(const std::string& type) const;
    [[nodiscard]] std::vector<std::string> names() const;

private:
    struct Entry {
        Maker make{};
        Recorded recorded{};
    };
    std::map<std::string, Entry> types_{};
};

} // namespace streaming
