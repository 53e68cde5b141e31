#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/answer_class.hpp"
#include "core/streaming/ingestion/receipt.hpp"

namespace streaming {

/// One answer of an outside source, as it came.
struct Response {
    /// 204, no content: there was nothing, and the handler is not called.
    static constexpr long kNothing = 204;

    long status = 200;
    std::string body{};
    std::string content_type{};
    /// Is told when all rows of the answer are settled. Null = nobody asks. The runtime takes it out before the handler
    /// sees the answer.
    std::shared_ptr<Receipt> receipt{};
};

/// A part of the past, `from` included, `to` not.
struct TimeWindow {
    std::chrono::system_clock::time_point from{};
    std::chrono::system_clock::time_point to{};
    friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};

class ApiClient;

/// Fetches from one outside source. Used by one thread at a time.
class Connector {
public:
    struct Request {
        HttpClient& http;
        std::stop_token stop;
        std::optional<TimeWindow> window{}; ///< a backfill asks for this part of the past; absent = what is new
        ApiClient* api = nullptr; ///< what `http` is, to tell it what an answer was worth; null = requests go plainly
        /// Where it may remember how far it has come, under `<source>.<what>`; null = nowhere, as in
        /// shadow. For as long as the source runs, by its thread: in `fetch`, and where a receipt is told `delivered`.
        CursorStore* cursors = nullptr;
    };
    virtual ~Connector() = default;
    /// One answer, or why there is none. Errors are counted by code and tried again at the next poll; but after one
    /// that is not retryable, of the code not_authorized or invalid_argument, the source is polled no more until it is
    /// configured anew or its stream is started again.
    virtual Result<Response> fetch(const Request& request) = 0;
    /// For connectors that are pushed to: `news` is to be called, by any thread, when there is something to fetch
    /// before the next poll. Called again with another function, or an empty one, in the course of time.
    virtual void on_news(std::function<void()> news) { (void)news; }
    /// There is no further fetch: for connectors that are pushed to, or hold a connection. Rows fetched before may
    /// still be on their way. May be called more than once, while no `fetch` runs, by any thread; short.
    virtual void end() noexcept {}
};

/// The host and port of a URL, without credentials: what may be shown.
[[nodiscard]] std::string_view host_of(std::string_view url) noexcept;

/// GET of one URL. An answer that is not good (see classify) is an Error; its text names host and status, never the
/// path, which may hold a key.
class HttpConnector final : public Connector {
public:
    struct Options {
        std::string url{};
        std::vector<std::pair<std::string, std::string>> headers{};
        std::chrono::milliseconds timeout{30'000};
        std::size_t max_body_bytes = 16U * 1024U * 1024U;
        ExpectedContent content = ExpectedContent::any;
    };
    explicit HttpConnector(Options options) : options_(std::move(options)) {}
    Result<Response> fetch(const Request& request) override;

private:
    Options options_;
};

} // namespace streaming
