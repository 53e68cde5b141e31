#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_server.hpp"
#include "core/streaming/ingestion/push_connector.hpp"
#include "core/streaming/ingestion/webhook_authentication.hpp"

namespace streaming {

struct WebhookOptions {
    enum class Acknowledge {
        settled, ///< when all rows of the body are safe: the caller repeats what was not, under the same ids
        accepted ///< when it is in memory: a crash loses it
    };
    std::string host{"127.0.0.1"};
    std::uint16_t port = 0; ///< 0 = chosen by the system
    std::string path{"/"};
    WebhookAuthentication::Options authentication{};
    std::vector<std::string> content_types{"application/json"}; ///< others are 415; none = all are taken
    Acknowledge acknowledge = Acknowledge::settled;
    std::chrono::milliseconds acknowledge_timeout{10'000}; ///< not settled by then = 503
    std::size_t max_body_bytes = 1024U * 1024U;            ///< more = 413
    unsigned max_waiting = 256;                            ///< bodies that wait, or whose rows do; one more = 429
};

/// Takes what is POSTed to it. Answers: 202 taken, 401 no credentials or a wrong token, 403 a wrong signature, 404
/// another path, 405 no POST, 413 too large, 415 of another type, 429 and 503 to be sent again (Retry-After). 202 does
/// not say that the rows are good: those that cannot be understood are in the source's dead-letter topic.
///
/// Listens from the first `fetch` on, so that a source that is made anew can have the port of the one before it; when
/// it cannot listen, `fetch` says why and tries again.
class WebhookConnector final : public Connector {
public:
    WebhookConnector(Clock& clock, WebhookOptions options);
    ~WebhookConnector() override;
    WebhookConnector(const WebhookConnector&) = delete;
    WebhookConnector& operator=(const WebhookConnector&) = delete;

    /// Never waits.
    Result<Response> fetch(const Request& request) override;
    void on_news(std::function<void()> news) override { buffer_.on_news(std::move(news)); }
    /// From now on 503; who waits still hears what becomes of his rows.
    void end() noexcept override { buffer_.end(); }

    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); } ///< after the first fetch

private:
    [[nodiscard]] std::optional<ServedResponse> refuse_head(const ServedRequest& request) const;
    void take(ServedRequest request, const HttpServer::Answer& answer);

    const WebhookOptions options_;
    const WebhookAuthentication authentication_;
    PushConnector buffer_;
    bool listens_ = false;
    HttpServer server_; ///< last: its thread uses the others
};

} // namespace streaming
