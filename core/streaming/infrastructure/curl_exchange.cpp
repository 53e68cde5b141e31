#include "core/streaming/infrastructure/curl_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace streaming::detail {
namespace {

constexpr int kMaxRedirects = 3;
constexpr std::size_t kMaxHeaderBytes = 256U * 1024U; ///< of one answer

std::optional<Origin> parsed_origin(const std::string& url) {
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
            return about(origin, ErrorCode::invalid_argument, text, false);
        case CURLE_SSL_CACERT_BADFILE: // ours; that of a server may be renewed any time
            return about(origin, ErrorCode::not_authorized, text, false);
        case CURLE_FILESIZE_EXCEEDED:
            return about(origin, ErrorCode::too_large, text, false);
        case CURLE_UNSUPPORTED_PROTOCOL: // of the answer: that of the URL was looked at before
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

} // namespace

std::size_t CurlExchange::Receiver::on_body(const char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    auto& receiver = *static_cast<Receiver*>(self);
    receiver.sign = true;
    try {
        return receiver.add_body({bytes, count}) ? count : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        return CURL_WRITEFUNC_ERROR; // no memory
    }
}

bool CurlExchange::Receiver::add_body(std::string_view bytes) {
    if (!decoder) {
        decoder.emplace(encoding());
    }
    const auto outcome = decoder->add(bytes, response.body, max_body_bytes);
    too_large = outcome == BodyDecoder::Outcome::too_large;
    undecodable = outcome == BodyDecoder::Outcome::malformed;
    return outcome == BodyDecoder::Outcome::ok;
}

std::string_view CurlExchange::Receiver::encoding() const {
    const auto found = std::ranges::find(response.headers, "content-encoding",
                                         [](const auto& header) { return std::string_view(header.first); });
    return found == response.headers.end() ? std::string_view() : std::string_view(found->second);
}

std::size_t CurlExchange::Receiver::on_header(const char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    auto& receiver = *static_cast<Receiver*>(self);
    receiver.sign = true;
    receiver.header_bytes += count;
    if (receiver.header_bytes > kMaxHeaderBytes) {
        receiver.too_large = true;
        return 0;
    }
    try {
        receiver.add_header(trim({bytes, count}));
    } catch (...) {
        return 0;
    }
    return count;
}

void CurlExchange::Receiver::add_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) { // 100 Continue comes before the real one
        response.headers.clear();
    } else if (colon != std::string_view::npos) {
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        response.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
    }
}

CurlExchange::CurlExchange(const HttpOptions& options) : options_(options), easy_(curl_easy_init()) {
    if (easy_ == nullptr) {
        throw std::runtime_error("libcurl cannot make a handle");
    }
}

bool CurlExchange::begin(const HttpRequest& request, Time now) {
    request_ = &request;
    deadline_ = now + request.timeout;
    url_ = request.url;
    redirects_ = 0;
    result_.reset();
    const auto first = parsed_origin(url_);
    if (!first || !is_http(*first)) {
        return finish(
            Error{.code = ErrorCode::invalid_argument, .message = "url: must be http or https", .retryable = false});
    }
    first_ = *first;
    origin_ = *first;
    return set_up(now);
}

bool CurlExchange::finish(Result<HttpResponse> result) {
    result_.emplace(std::move(result));
    return false;
}

bool CurlExchange::set_up(Time now) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now);
    if (left.count() <= 0) {
        return finish(explain(CURLE_OPERATION_TIMEDOUT, origin_));
    }
    if (auto problem = make_headers()) {
        return finish(*std::move(problem));
    }
    receiver_ = Receiver{.max_body_bytes = request_->max_body_bytes, .last_sign = now};
    configure(left);
    return true;
}

/// Those of the request go to the origin that they are meant for alone.
std::optional<Error> CurlExchange::make_headers() {
    headers_.reset();
    for (const auto& [name, value] : request_->headers) {
        if ((name + value).find_first_of("\r\n") != std::string::npos) {
            return about(origin_, ErrorCode::invalid_argument,
                         "header " + std::string(trim(name)) + ": holds a line break", false);
        }
        if (origin_ == first_) {
            // "Name;" is how libcurl is told to send an empty value.
            const std::string line = value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value);
            curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
            static_cast<void>(headers_.release());
            headers_.reset(longer);
        }
    }
    return std::nullopt;
}

/// Proxies are those of the environment (http_proxy, HTTPS_PROXY, NO_PROXY): libcurl reads it where no other is set.
void CurlExchange::configure(std::chrono::milliseconds left) {
    CURL* const easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L); // see BodyDecoder
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_->max_body_bytes));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options_.verify_tls ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options_.verify_tls ? 2L : 0L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a stop does not wait for a name server
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Receiver::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &receiver_);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Receiver::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &receiver_);
}

std::optional<Error> CurlExchange::failure_of(CURLcode ended) const {
    if (receiver_.too_large) {
        return about(origin_, ErrorCode::too_large,
                     "answer over " + std::to_string(request_->max_body_bytes) + " bytes", false);
    }
    if (receiver_.undecodable) {
        return about(origin_, ErrorCode::malformed,
                     "cannot decode the body, Content-Encoding " + std::string(receiver_.encoding()), true);
    }
    if (ended != CURLE_OK) {
        return explain(ended, origin_);
    }
    if (receiver_.decoder && !receiver_.decoder->complete()) {
        return about(origin_, ErrorCode::unavailable, "the compressed body ends early", true);
    }
    return std::nullopt;
}

bool CurlExchange::go_on(CURLcode ended, Time now) {
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &receiver_.response.status);
    const bool has_headers = receiver_.header_bytes <= kMaxHeaderBytes;
    const bool is_body_alone = receiver_.too_large || receiver_.undecodable || ended == CURLE_OK;
    if (auto failure = failure_of(ended)) {
        if (!has_headers || !is_body_alone || receiver_.response.status / 100 == 2) {
            return finish(*std::move(failure));
        }
        receiver_.response.body.clear(); // a refusal counts, and its Retry-After, whatever its body is
    }
    const char* next = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &next);
    if (!is_redirect(receiver_.response.status) || next == nullptr) {
        return finish(std::move(receiver_.response));
    }
    return follow(next, now);
}

bool CurlExchange::follow(const char* next, Time now) {
    url_ = next;
    const auto target = parsed_origin(url_);
    if (!target || !is_http(*target) || (origin_.scheme == "https" && target->scheme != "https")) {
        return finish(about(origin_, ErrorCode::unavailable, "redirects to something that is not allowed", false));
    }
    if (redirects_ == kMaxRedirects) {
        return finish(about(origin_, ErrorCode::unavailable, "more than 3 redirects", false));
    }
    ++redirects_;
    origin_ = *target;
    return set_up(now);
}

void CurlExchange::stop() { static_cast<void>(finish(about(origin_, ErrorCode::stopped, "stopped", false))); }

void CurlExchange::give_up_silent() {
    static_cast<void>(
        finish(about(origin_, ErrorCode::timed_out,
                     "nothing came for " + std::to_string(request_->idle_timeout.count()) + " ms", true)));
}

void CurlExchange::heard(Time now) noexcept {
    if (std::exchange(receiver_.sign, false)) {
        receiver_.last_sign = now;
    }
}

} // namespace streaming::detail
