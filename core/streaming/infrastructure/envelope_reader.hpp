#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// The top-level fields of an event envelope as views: into the payload, or into `unescaped` where a string held
/// escapes. `data` is raw JSON text, empty when the field is absent.
struct EnvelopeView {
    std::string_view id{};                ///< empty = absent; an envelope with "id": "" is malformed
    std::string_view type{};
    std::string_view timestamp{};
    std::string_view source{};
    std::string_view correlation_id{};
    std::string_view data{};
};

/// Reads envelopes without building a document (simdjson on demand, 0.1-0.2 us). One per thread: it owns the scratch
/// buffers. Allocates only while they grow.
class EnvelopeReader {
public:
    static constexpr std::size_t kMaxIdBytes = 8192;    ///< a longer id is malformed

    EnvelopeReader();
    ~EnvelopeReader();
    EnvelopeReader(const EnvelopeReader&) = delete;
    EnvelopeReader& operator=(const EnvelopeReader&) = delete;

    /// Checks: valid UTF-8, one complete JSON object and nothing behind it, brackets not deeper than kMaxJsonDepth, `type` a non-empty string, `id` absent or
    /// a non-empty string without NUL of at most kMaxIdBytes, no top-level field of these twice, the other fields absent, null or strings. The error
    /// (code malformed, not retryable) says which of it is broken, naming the field. `unescaped` receives the text of strings that
    /// held escapes and must live, unmoved, as long as the view.
    Status read(std::string_view payload, EnvelopeView& into, std::string& unescaped);

private:
    struct State;
    State* state_;
};

inline constexpr std::size_t kMaxJsonDepth = 128;

/// Whether brackets outside strings nest deeper than `limit`. Works on any bytes.
[[nodiscard]] bool nests_deeper_than(std::string_view json, std::size_t limit) noexcept;

}  // namespace streaming
