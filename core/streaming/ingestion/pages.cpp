#include "core/streaming/ingestion/pages.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/url_origin.hpp"

namespace streaming {
namespace {

using detail::origin_of;

/// "//host/path" is no path of this host.
bool is_path(std::string_view url) { return url.starts_with('/') && !url.starts_with("//"); }

Error loops(std::string_view url, std::size_t page, std::string_view what) {
    return {.code = ErrorCode::malformed,
            .message = fmt::format("{}: page {} {}", host_of(url), page, what),
            .retryable = true};
}

} // namespace

Status for_each_page(const Connector::Request& request, HttpRequest first, std::size_t most_pages,
                     const std::function<Result<std::string>(const HttpResponse& page)>& use) {
    const std::string origin(origin_of(first.url));
    std::set<std::string> urls{first.url};
    std::set<std::uint64_t> contents;
    for (std::size_t page = 1;; ++page) {
        const auto answer = request.http.get(first, request.stop);
        if (!answer) {
            return answer.error();
        }
        const std::string& body = answer.value().body;
        if (!contents.insert(XXH3_64bits(body.data(), body.size())).second) {
            return loops(first.url, page, "is one that was there before");
        }
        auto next = use(answer.value());
        if (!next) {
            return next.error();
        }
        if (next.value().empty()) {
            return {};
        }
        std::string url = is_path(next.value()) ? origin + next.value() : std::move(next).value();
        if (origin_of(url) != origin) {
            return loops(first.url, page, "names a next page on another host");
        }
        if (!urls.insert(url).second) {
            return loops(first.url, page, "names a next page that was there before");
        }
        if (page == most_pages) {
            return loops(first.url, page, "is not the last, and no more are fetched");
        }
        first.url = std::move(url);
    }
}

} // namespace streaming
