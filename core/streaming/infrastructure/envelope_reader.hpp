#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/json_depth.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// The top-level fields of an event envelope as views: into the payload, or into `unescaped` where a string held
/// escapes. `data` is raw JSON text, empty when the field is absent.
struct EnvelopeView {
    std::string_view id{}; ///< empty = absent; an envelope with "id": "" is malformed
    std::string_view type{};
    std::string_view timestamp{};
    std::string_view source{};
    std::string_view correlation_id{};
    std::string_view data{};
};

/// Reads envelopes without building a document: simdjson's first stage finds the tokens, one pass over them finds the
/// fields. One per thread: it owns the scratch memory. Allocates only while that grows.
class EnvelopeReader {
public:
    static constexpr std::size_t kMaxIdBytes = 8192; ///< a longer id is malformed

    EnvelopeReader();
    ~EnvelopeReader();
    EnvelopeReader(const EnvelopeReader&) = delete;
    EnvelopeReader& operator=(const EnvelopeReader&) = delete;

    /// Checks: valid UTF-8; one complete JSON object and nothing behind it; brackets that match and nest no deeper than
    /// kMaxJsonDepth; `type` a non-empty string; `id` absent or a non-empty string without NUL of at most kMaxIdBytes;
    /// the other fields absent, null or strings; none of them twice. Inside `data` only strings and brackets are looked
    /// at. The error (code malformed, not retryable) names the field, or `payload`. `unescaped` receives the text of
    /// strings that held escapes and must live, unchanged, as long as the view.
    Status read(std::string_view payload, EnvelopeView& into, std::string& unescaped);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
