#pragma once

#include <cstddef>
#include <string_view>

namespace streaming::detail {

/// Scheme, host and port of a URL; empty when it has no scheme.
[[nodiscard]] inline std::string_view origin_of(std::string_view url) noexcept {
    const std::size_t scheme = url.find("://");
    return scheme == std::string_view::npos ? std::string_view() : url.substr(0, url.find_first_of("/?#", scheme + 3));
}

} // namespace streaming::detail
