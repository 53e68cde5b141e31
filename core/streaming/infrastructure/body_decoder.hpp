#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace streaming::detail {

/// Undoes the Content-Encoding of one answer as it comes: gzip (RFC 1952, of several members too) or deflate (RFC 1950,
/// and the bare RFC 1951 that some servers send for it). libcurl would do that, but takes a compressed body that is cut
/// off for a whole one. Used by one thread.
class BodyDecoder {
public:
    enum class Outcome { ok, malformed, too_large, no_memory };

    /// Of an answer with this Content-Encoding; empty or `identity` = the bytes are the body.
    explicit BodyDecoder(std::string_view encoding);

    /// Appends what `bytes` are decoded to; `too_large` when `body`, or what came for it, would exceed `most` bytes.
    [[nodiscard]] Outcome add(std::string_view bytes, std::string& body, std::size_t most);
    /// The body was whole up to here.
    [[nodiscard]] bool complete() const noexcept { return state_ != State::within; }

private:
    enum class Encoding { none, gzip, deflate, unknown };
    enum class State {
        outside, ///< nothing came, or all that came has ended
        within,
        behind ///< the last member has ended, what comes is padding
    };
    struct End {
        void operator()(z_stream* stream) const noexcept;
    };

    [[nodiscard]] bool begin(unsigned char first);
    [[nodiscard]] Outcome inflate_some(std::string& body, std::size_t most);

    Encoding encoding_ = Encoding::none;
    State state_ = State::outside;
    std::size_t received_ = 0; ///< bytes, as they came
    bool ended_one_ = false;   ///< a member of a gzip
    std::unique_ptr<z_stream, End> stream_{};
};

} // namespace streaming::detail
