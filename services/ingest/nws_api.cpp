#include "services/ingest/nws_api.hpp"

namespace services::ingest {

streaming::AnswerRules nws_rules(std::string member) {
    return {.content = streaming::ExpectedContent::json,
            .member = std::move(member),
            .not_found = streaming::AnswerClass::config};
}

streaming::ConnectorApiClient nws_api(std::string base, std::string member, std::chrono::milliseconds timeout) {
    return streaming::ConnectorApiClient({.base_url = std::move(base),
                                          .headers = {{"Accept", "application/geo+json"}},
                                          .rules = nws_rules(std::move(member)),
                                          .timeout = timeout});
}

} // namespace services::ingest
