#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/answer_class.hpp"
#include "core/streaming/ingestion/connector.hpp"

namespace streaming {

/// How a connector says who it is. The secret is in requests and nowhere else.
struct ApiAuth {
    enum class Kind : std::uint8_t {
        none,
        header, ///< `name`: secret
        bearer, ///< Authorization: Bearer secret
        query,  ///< ?name=secret
        path    ///< the secret stands where a path says {key}
    };
    Kind kind = Kind::none;
    std::string name{};
    std::string secret{};
};

/// How a connector asks an API: knows its address, what each request carries, and what its answers look like. Stateless
/// and thread-safe; waits, retries, caches and counts are those of the HttpClient that the fetch brings along.
class ConnectorApiClient {
public:
    struct Options {
        std::string base_url{};                                     ///< http(s)://host[:port][/path]
        std::vector<std::pair<std::string, std::string>> headers{}; ///< of each request
        ApiAuth auth{};
        AnswerRules rules{};
        std::chrono::milliseconds timeout{30'000}; ///< where no ApiClient goes between
        std::size_t max_body_bytes = 16U * 1024U * 1024U;
    };
    struct Get {
        std::string path{};   ///< behind the base URL; {key} = see ApiAuth
        std::size_t cost = 1; ///< of the budget that requests share
    };

    explicit ConnectorApiClient(Options options) : options_(std::move(options)) {}

    /// An answer that is good (see classify): status kNothing for one that is unchanged or has no content, else with
    /// its body, be it that of an empty list. Everything else is an Error that names the host; see error_of.
    [[nodiscard]] Result<Response> get(const Connector::Request& request, const Get& what) const;

    [[nodiscard]] HttpRequest request_for(const Get& what) const;
    [[nodiscard]] Result<Response> response_of(const Connector::Request& request, Result<HttpResponse> answer) const;

private:
    Options options_;
};

/// Asks for many things at once, on the connector's one thread: stations, zones, pages that are known beforehand.
class BatchApiClient {
public:
    /// Borrows `api`. At most `host_concurrency` requests (at least 1) are on their way to one host.
    BatchApiClient(const ConnectorApiClient& api, std::size_t host_concurrency)
        : api_(api), host_concurrency_(host_concurrency) {}

    /// Answers in the order of `what`; one that fails leaves the others as they are.
    [[nodiscard]] std::vector<Result<Response>> get_all(const Connector::Request& request,
                                                        const std::vector<ConnectorApiClient::Get>& what) const;

private:
    const ConnectorApiClient& api_;
    const std::size_t host_concurrency_;
};

/// For a URL: everything but unreserved characters (RFC 3986) as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace streaming
