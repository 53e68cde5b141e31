#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/connector.hpp"

namespace streaming {

/// Fetches an answer that comes in pages. `use` takes each page, whatever its status, and tells the URL of the next
/// (with its cursor, when the API has those; it may begin with `/`: of the same host); empty = there is none, or no
/// more is wanted. It is called for pages in their order; its error, or one of the client, ends all of it.
///
/// Servers loop: a URL or a content that was there before, more than `most_pages`, and a next page on another host (it
/// would be sent the headers, and the key in them) are errors of code `malformed`. They name host and page, never a
/// path.
Status for_each_page(const Connector::Request& request, HttpRequest first, std::size_t most_pages,
                     const std::function<Result<std::string>(const HttpResponse& page)>& use);

} // namespace streaming
