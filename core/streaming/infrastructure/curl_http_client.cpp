#include "core/streaming/infrastructure/curl_http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace streaming {

std::string HttpResponse::header(const std::string& lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, [](const auto& entry) { return entry.first; });
    return found == headers.end() ? std::string() : found->second;
}

namespace {

constexpr int kMaxRedirects = 3;

using Deadline = std::chrono::steady_clock::time_point;
using EasyHandle = std::unique_ptr<CURL, decltype([](CURL* handle) { curl_easy_cleanup(handle); })>;
using MultiHandle = std::unique_ptr<CURLM, decltype([](CURLM* handle) { curl_multi_cleanup(handle); })>;
using HeaderList = std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;

/// Scheme, host and port of a URL: what headers are meant for, and all of it that error texts may show.
struct Origin {
    std::string scheme{};
    std::string host{};
    std::string port{};
    friend bool operator==(const Origin&, const Origin&) = default;
};

std::optional<Origin> origin_of(const std::string& url) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
    if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    const auto part = [&](CURLUPart which) {
        char* text = nullptr;
        if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
            return std::string();
        }
        std::string copy(text);
        curl_free(text);
        return copy;
    };
    return Origin{.scheme = part(CURLUPART_SCHEME), .host = part(CURLUPART_HOST), .port = part(CURLUPART_PORT)};
}

bool is_http(const Origin& origin) { return origin.scheme == "http" || origin.scheme == "https"; }

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Error about(const Origin& origin, ErrorCode code, std::string_view what, bool retryable) {
    return {.code = code,
            .message = std::string("host ").append(origin.host).append(": ").append(what),
            .retryable = retryable};
}

Error explain(CURLcode code, const Origin& origin) {
    const std::string_view text = curl_easy_strerror(code);
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return about(origin, ErrorCode::timed_out, text, true);
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return about(origin, ErrorCode::invalid_argument, text, false);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return about(origin, ErrorCode::not_authorized, text, false);
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WEIRD_SERVER_REPLY:
            return about(origin, ErrorCode::malformed, text, true);
        default:
            return about(origin, ErrorCode::unavailable, text, true);
    }
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kSpace);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// What the callbacks of libcurl fill.
struct Receiver {
    HttpResponse response{};
    std::size_t max_body_bytes = 0;
    bool too_large = false;

    static std::size_t on_body(const char* bytes, std::size_t, std::size_t count, void* self) noexcept {
        auto& receiver = *static_cast<Receiver*>(self);
        std::string& body = receiver.response.body;
        if (count > receiver.max_body_bytes - body.size()) {
            receiver.too_large = true;
            return 0;
        }
        try {
            body.append(bytes, count);
        } catch (...) {
            return 0; // no memory: the transfer fails with a write error
        }
        return count;
    }

    static std::size_t on_header(const char* bytes, std::size_t, std::size_t count, void* self) noexcept {
        try {
            static_cast<Receiver*>(self)->add_header(trim({bytes, count}));
        } catch (...) {
            return 0;
        }
        return count;
    }

    void add_header(std::string_view line) {
        const std::size_t colon = line.find(':');
        if (line.starts_with("HTTP/")) { // 100 Continue comes before the real one
            response.headers.clear();
        } else if (colon != std::string_view::npos) {
            std::string name(line.substr(0, colon));
            std::ranges::transform(name, name.begin(),
                                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            response.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
        }
    }
};

void initialise_curl() {
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK) {
        throw std::runtime_error("libcurl cannot be initialised");
    }
}

} // namespace

/// One easy handle and the multi handle that drives it and keeps its connections.
class CurlHttpClient::Transfer {
public:
    explicit Transfer(const HttpOptions& options)
        : options_(options), easy_(curl_easy_init()), multi_(curl_multi_init()) {
        if (easy_ == nullptr || multi_ == nullptr) {
            throw std::runtime_error("libcurl cannot make a handle");
        }
    }

    /// Follows redirects by hand, because libcurl would hand our headers (API keys) to whoever it is sent to.
    Result<HttpResponse> run(const HttpRequest& request, const std::stop_token& stop) {
        const Deadline deadline = std::chrono::steady_clock::now() + request.timeout;
        const auto first = origin_of(request.url);
        if (!first || !is_http(*first)) {
            return Error{
                .code = ErrorCode::invalid_argument, .message = "url: must be http or https", .retryable = false};
        }
        Origin origin = *first;
        std::string url = request.url;
        for (int redirects = 0;; ++redirects) {
            auto response = fetch(url, origin, origin == *first, request, deadline, stop);
            const char* next = nullptr;
            curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &next);
            if (!response || !is_redirect(response.value().status) || next == nullptr) {
                return response;
            }
            url = next;
            const auto target = origin_of(url);
            if (!target || !is_http(*target) || (origin.scheme == "https" && target->scheme != "https")) {
                return about(origin, ErrorCode::unavailable, "redirects to something that is not allowed", false);
            }
            if (redirects == kMaxRedirects) {
                return about(origin, ErrorCode::unavailable, "more than 3 redirects", false);
            }
            origin = *target;
        }
    }

private:
    Result<HttpResponse> fetch(const std::string& url, const Origin& origin, bool same_origin,
                               const HttpRequest& request, Deadline deadline, const std::stop_token& stop) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return explain(CURLE_OPERATION_TIMEDOUT, origin);
        }
        HeaderList headers;
        for (const auto& [name, value] : request.headers) {
            if ((name + value).find_first_of("\r\n") != std::string::npos) {
                return about(origin, ErrorCode::invalid_argument,
                             "header " + std::string(trim(name)) + ": holds a line break", false);
            }
            if (same_origin) {
                // "Name;" is how libcurl is told to send an empty value.
                const std::string line = value.empty() ? name + ";" : name + ": " + value;
                curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
                static_cast<void>(headers.release());
                headers.reset(longer);
            }
        }
        Receiver receiver{.max_body_bytes = request.max_body_bytes};
        configure(url, headers.get(), left, receiver);
        const std::optional<CURLcode> result = drive(stop);
        if (!result) {
            return about(origin, ErrorCode::stopped, "stopped", false);
        }
        if (receiver.too_large) {
            return about(origin, ErrorCode::too_large, "body over " + std::to_string(request.max_body_bytes) + " bytes",
                         false);
        }
        if (*result != CURLE_OK) {
            return explain(*result, origin);
        }
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &receiver.response.status);
        return std::move(receiver.response);
    }

    void configure(const std::string& url, curl_slist* headers, std::chrono::milliseconds timeout, Receiver& receiver) {
        CURL* const easy = easy_.get();
        curl_easy_reset(easy);
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""); // whatever libcurl can decode
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options_.verify_tls ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options_.verify_tls ? 2L : 0L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Receiver::on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &receiver);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Receiver::on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, &receiver);
    }

    /// Runs the transfer; nullopt = stopped.
    std::optional<CURLcode> drive(const std::stop_token& stop) {
        constexpr int kLongestWait = 60'000; // only a bound: libcurl's own timers and the stop request end it
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
            return CURLE_FAILED_INIT;
        }
        std::optional<CURLcode> result;
        int running = 1;
        while (!result && !stop.stop_requested()) {
            if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
                result = CURLE_FAILED_INIT;
                break;
            }
            int left = 0;
            while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
                if (message->msg == CURLMSG_DONE) {
                    result = message->data.result;
                }
            }
            if (!result) {
                curl_multi_poll(multi_.get(), nullptr, 0, kLongestWait, nullptr);
            }
        }
        curl_multi_remove_handle(multi_.get(), easy_.get());
        return result;
    }

    const HttpOptions& options_;
    EasyHandle easy_;
    MultiHandle multi_; // after easy_: cleaned up first, with its connections
};

CurlHttpClient::CurlHttpClient(const HttpOptions& options) : options_(options) { initialise_curl(); }

CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::get(const HttpRequest& request, std::stop_token stop) {
    try {
        auto transfer = borrow();
        auto response = transfer->run(request, stop);
        give_back(std::move(transfer));
        return response;
    } catch (const std::exception& error) { // no memory
        return Error{.code = ErrorCode::unavailable, .message = error.what(), .retryable = true};
    }
}

std::unique_ptr<CurlHttpClient::Transfer> CurlHttpClient::borrow() {
    {
        const std::lock_guard lock(idle_mutex_);
        if (!idle_.empty()) {
            auto transfer = std::move(idle_.back());
            idle_.pop_back();
            return transfer;
        }
    }
    return std::make_unique<Transfer>(options_);
}

void CurlHttpClient::give_back(std::unique_ptr<Transfer> transfer) {
    const std::lock_guard lock(idle_mutex_);
    idle_.push_back(std::move(transfer));
}

} // namespace streaming
