#include "core/streaming/ingestion/push_connector.hpp"

#include <optional>

namespace streaming {

Result<Response> PushConnector::fetch(const Request&) {
    std::optional<Response> response = buffer_->take();
    return response ? std::move(*response) : Response{.status = Response::kNothing};
}

} // namespace streaming
