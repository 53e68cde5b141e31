#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/body_decoder.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming::detail {

/// Scheme, host and port of a URL: what headers are meant for, and all of it that error texts may show.
struct Origin {
    std::string scheme{};
    std::string host{};
    std::string port{};
    friend bool operator==(const Origin&, const Origin&) = default;
};

/// One request on an easy handle of libcurl, from the first transfer over its redirects to the result. Whoever runs the
/// handle says how each transfer ended. Redirects are followed by hand, because libcurl would hand our headers (API
/// keys) to whoever it is sent to. Used by one thread at a time.
class CurlExchange {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Throws std::runtime_error when libcurl can make no handle.
    explicit CurlExchange(const HttpOptions& options);
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;

    /// Sets the handle up; `request` must outlive the exchange's run. False = there is nothing to run, the result is
    /// there.
    [[nodiscard]] bool begin(const HttpRequest& request, Time now);
    /// A transfer ended. True = the handle is set up for the next one; false = the result is there.
    [[nodiscard]] bool go_on(CURLcode ended, Time now);
    /// It is given up.
    void stop();
    /// It is given up when it is silent up to then.
    [[nodiscard]] Time silent_until() const noexcept { return receiver_.last_sign + request_->idle_timeout; }
    void give_up_silent();
    void heard(Time now) noexcept; ///< to be called after each step: notices whether anything came

    [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
    [[nodiscard]] const std::string& request_url() const noexcept { return request_->url; }
    [[nodiscard]] Result<HttpResponse> take_result() { return *std::move(result_); }

private:
    /// What the callbacks of libcurl fill.
    struct Receiver {
        HttpResponse response{};
        std::size_t max_body_bytes = 0;
        std::size_t header_bytes = 0;
        bool too_large = false;
        bool undecodable = false;
        std::optional<BodyDecoder> decoder{}; ///< since the body begins
        bool sign = false;                    ///< something came
        Time last_sign{};

        static std::size_t on_body(const char* bytes, std::size_t, std::size_t count, void* self) noexcept;
        static std::size_t on_header(const char* bytes, std::size_t, std::size_t count, void* self) noexcept;
        void add_header(std::string_view line);
        [[nodiscard]] bool add_body(std::string_view bytes); ///< false: the transfer is given up
        [[nodiscard]] std::string_view encoding() const;
    };
    struct Free {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using EasyHandle = std::unique_ptr<CURL, Free>;
    using HeaderList = std::unique_ptr<curl_slist, Free>;

    [[nodiscard]] bool set_up(Time now);
    [[nodiscard]] std::optional<Error> make_headers();
    void configure(std::chrono::milliseconds left);
    [[nodiscard]] bool finish(Result<HttpResponse> result);
    [[nodiscard]] std::optional<Error> failure_of(CURLcode ended) const;
    [[nodiscard]] bool follow(const char* next, Time now);

    const HttpOptions& options_;
    EasyHandle easy_;
    const HttpRequest* request_ = nullptr;
    Time deadline_{};
    std::string url_{};
    Origin first_{};
    Origin origin_{};
    int redirects_ = 0;
    HeaderList headers_{};
    Receiver receiver_{};
    std::optional<Result<HttpResponse>> result_{};
};

} // namespace streaming::detail
