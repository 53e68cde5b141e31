#include "core/streaming/infrastructure/curl_http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/curl_exchange.hpp"
#include "core/streaming/infrastructure/url_origin.hpp"

namespace streaming {

namespace {

using detail::CurlExchange;
using MultiHandle = std::unique_ptr<CURLM, decltype([](CURLM* handle) { curl_multi_cleanup(handle); })>;

void initialise_curl() {
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK) {
        throw std::runtime_error("libcurl cannot be initialised");
    }
}

} // namespace

/// A multi handle, which keeps connections, and the exchanges that it drives, all on the caller's thread.
class CurlHttpClient::Transfers {
public:
    explicit Transfers(const HttpOptions& options) : options_(options), multi_(curl_multi_init()) {
        if (multi_ == nullptr) {
            throw std::runtime_error("libcurl cannot make a handle");
        }
    }
    ~Transfers() { take_down(); }
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    std::vector<Result<HttpResponse>> run(std::span<const HttpRequest> requests, std::size_t host_concurrency,
                                          const std::stop_token& stop) {
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        while (exchanges_.size() < requests.size()) {
            exchanges_.push_back(std::make_unique<CurlExchange>(options_));
        }
        running_.clear();
        std::vector<std::size_t> waiting;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            waiting.push_back(i);
        }
        while (!(waiting.empty() && running_.empty())) {
            if (stop.stop_requested()) {
                stop_all(requests, waiting);
                break;
            }
            start(requests, waiting, std::max<std::size_t>(host_concurrency, 1));
            step();
        }
        std::vector<Result<HttpResponse>> answers;
        answers.reserve(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            answers.push_back(exchanges_[i]->take_result());
        }
        return answers;
    }

    /// The connections stay.
    void drop_spare_exchanges() {
        constexpr std::size_t kKept = 1;
        exchanges_.resize(std::min(exchanges_.size(), kKept));
    }

private:
    using Time = CurlExchange::Time;

    /// A request's time begins here, so those that have to wait for others of their host lose nothing of it.
    void start(std::span<const HttpRequest> requests, std::vector<std::size_t>& waiting, std::size_t host_concurrency) {
        std::erase_if(waiting, [&](std::size_t i) {
            CurlExchange& exchange = *exchanges_[i];
            if (!running_.empty() && on_their_way_to(requests[i]) >= host_concurrency) {
                return false;
            }
            if (exchange.begin(requests[i], now())) {
                add(exchange);
            }
            return true;
        });
    }

    [[nodiscard]] std::size_t on_their_way_to(const HttpRequest& request) const {
        const auto same_host = [host = detail::origin_of(request.url)](const Running& one) {
            return detail::origin_of(one.request_url) == host;
        };
        return static_cast<std::size_t>(std::ranges::count_if(running_, same_host));
    }

    void add(CurlExchange& exchange) {
        if (curl_multi_add_handle(multi_.get(), exchange.handle()) != CURLM_OK) {
            throw std::runtime_error("libcurl cannot start a transfer");
        }
        running_.push_back({.exchange = &exchange, .request_url = exchange.request_url()});
    }

    void remove(CurlExchange& exchange) {
        curl_multi_remove_handle(multi_.get(), exchange.handle());
        std::erase_if(running_, [&](const Running& one) { return one.exchange == &exchange; });
    }

    /// Lets libcurl do what it can, looks at what ended and who is silent, and waits for more.
    void step() {
        int left = 0;
        if (running_.empty()) {
            return;
        }
        if (curl_multi_perform(multi_.get(), &left) != CURLM_OK) {
            throw std::runtime_error("libcurl cannot go on");
        }
        const bool ended = take_ended();
        const Time time = now();
        Time first_silent = Time::max();
        for (std::size_t i = running_.size(); i-- > 0;) {
            CurlExchange& exchange = *running_[i].exchange;
            exchange.heard(time);
            if (time >= exchange.silent_until()) {
                exchange.give_up_silent();
                remove(exchange);
            } else {
                first_silent = std::min(first_silent, exchange.silent_until());
            }
        }
        if (!ended && !running_.empty()) {
            constexpr std::chrono::milliseconds kLongestWait{60'000};
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(first_silent - time);
            curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::min(wait, kLongestWait).count()), nullptr);
        }
    }

    bool take_ended() {
        bool any = false;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) {
                continue;
            }
            any = true;
            const CURLcode result = message->data.result; // the message is gone with the handle
            CurlExchange* exchange = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            remove(*exchange);
            if (exchange->go_on(result, now())) {
                add(*exchange);
            }
        }
        return any;
    }

    void stop_all(std::span<const HttpRequest> requests, const std::vector<std::size_t>& waiting) {
        for (const std::size_t i : waiting) {
            if (exchanges_[i]->begin(requests[i], now())) { // for its texts
                exchanges_[i]->stop();
            }
        }
        for (const Running& one : running_) {
            one.exchange->stop();
        }
        take_down();
    }

    void take_down() {
        for (const Running& one : running_) {
            curl_multi_remove_handle(multi_.get(), one.exchange->handle());
        }
        running_.clear();
    }

    static Time now() { return std::chrono::steady_clock::now(); }

    struct Running {
        CurlExchange* exchange = nullptr;
        std::string_view request_url{};
    };

    const HttpOptions& options_;
    std::vector<std::unique_ptr<CurlExchange>> exchanges_{};
    MultiHandle multi_; // after exchanges_: cleaned up first, with its connections
    std::vector<Running> running_{};
};

CurlHttpClient::CurlHttpClient(HttpOptions options) : options_(std::move(options)) { initialise_curl(); }

CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::get(const HttpRequest& request, std::stop_token stop) {
    return std::move(get_all({&request, 1}, 1, std::move(stop)).front());
}

std::vector<Result<HttpResponse>> CurlHttpClient::get_all(std::span<const HttpRequest> requests,
                                                          std::size_t host_concurrency, std::stop_token stop) {
    try {
        auto transfers = borrow();
        auto answers = transfers->run(requests, host_concurrency, stop);
        give_back(std::move(transfers));
        return answers;
    } catch (const std::exception& error) { // no memory
        return std::vector<Result<HttpResponse>>(
            requests.size(), Error{.code = ErrorCode::unavailable, .message = error.what(), .retryable = true});
    }
}

std::unique_ptr<CurlHttpClient::Transfers> CurlHttpClient::borrow() {
    {
        const std::lock_guard lock(idle_mutex_);
        if (!idle_.empty()) {
            auto transfers = std::move(idle_.back());
            idle_.pop_back();
            return transfers;
        }
    }
    return std::make_unique<Transfers>(options_);
}

void CurlHttpClient::give_back(std::unique_ptr<Transfers> transfers) {
    transfers->drop_spare_exchanges();
    const std::lock_guard lock(idle_mutex_);
    idle_.push_back(std::move(transfers));
}

} // namespace streaming
