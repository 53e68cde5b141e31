#include "core/streaming/infrastructure/body_decoder.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace streaming::detail {
namespace {

constexpr int kWindow = MAX_WBITS;
constexpr int kGzip = MAX_WBITS + 16; // zlib.h, inflateInit2
constexpr int kBare = -MAX_WBITS;

constexpr unsigned char kGzipBegin = 0x1F;

/// RFC 1950, 2.2: the method in the low half of the first byte. What is bare begins so only with a stored block whose
/// padding is not zero, which no compressor writes.
bool begins_zlib(unsigned char first) { return (first & 0x0FU) == Z_DEFLATED; }

} // namespace

void BodyDecoder::End::operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    std::default_delete<z_stream>()(stream);
}

/// RFC 9110, 8.4: a list, in any case. Servers write `none` for identity, too.
BodyDecoder::BodyDecoder(std::string_view encoding) {
    while (!encoding.empty()) {
        const std::size_t end = std::min(encoding.find(','), encoding.size());
        std::string name;
        for (const char letter : encoding.substr(0, end)) {
            if (letter != ' ' && letter != '\t') {
                name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
            }
        }
        encoding.remove_prefix(std::min(end + 1, encoding.size()));
        if (name.empty() || name == "identity" || name == "none") {
            continue;
        }
        encoding_ = encoding_ != Encoding::none          ? Encoding::unknown // one inside another
                    : name == "gzip" || name == "x-gzip" ? Encoding::gzip
                    : name == "deflate"                  ? Encoding::deflate
                                                         : Encoding::unknown;
    }
}

bool BodyDecoder::begin(unsigned char first) {
    stream_.reset();
    auto stream = std::make_unique<z_stream>();
    const int window = encoding_ == Encoding::gzip ? kGzip : begins_zlib(first) ? kWindow : kBare;
    if (inflateInit2(stream.get(), window) != Z_OK) {
        return false;
    }
    stream_.reset(stream.release());
    state_ = State::within;
    return true;
}

BodyDecoder::Outcome BodyDecoder::add(std::string_view bytes, std::string& body, std::size_t most) {
    if (encoding_ == Encoding::unknown) {
        return Outcome::malformed;
    }
    received_ += bytes.size(); // padding and empty members are decoded to nothing
    if (received_ > most) {
        return Outcome::too_large;
    }
    if (encoding_ == Encoding::none) {
        if (bytes.size() > most - body.size()) {
            return Outcome::too_large;
        }
        body.append(bytes);
        return Outcome::ok;
    }
    while (!bytes.empty() && state_ != State::behind) {
        const auto first = static_cast<unsigned char>(bytes.front());
        if (state_ == State::outside) {
            if (ended_one_ && (encoding_ == Encoding::deflate || first != kGzipBegin)) {
                state_ = State::behind;
                break;
            }
            if (!begin(first)) {
                return Outcome::no_memory;
            }
        }
        // zlib does not write to what it reads.
        stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // NOLINT: only read
        stream_->avail_in = static_cast<uInt>(bytes.size());
        if (const Outcome outcome = inflate_some(body, most); outcome != Outcome::ok) {
            return outcome;
        }
        bytes.remove_prefix(bytes.size() - stream_->avail_in);
    }
    return Outcome::ok;
}

/// All of the input, or up to the end of a member.
BodyDecoder::Outcome BodyDecoder::inflate_some(std::string& body, std::size_t most) {
    std::array<char, 16 * 1024> decoded{};
    do {
        stream_->next_out = reinterpret_cast<Bytef*>(decoded.data());
        stream_->avail_out = static_cast<uInt>(decoded.size());
        const int result = inflate(stream_.get(), Z_NO_FLUSH);
        if (result == Z_MEM_ERROR) {
            return Outcome::no_memory;
        }
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            return Outcome::malformed;
        }
        const std::size_t count = decoded.size() - stream_->avail_out;
        if (count > most - body.size()) {
            return Outcome::too_large;
        }
        body.append(decoded.data(), count);
        if (result == Z_STREAM_END) {
            ended_one_ = true;
            state_ = State::outside;
            return Outcome::ok;
        }
    } while (stream_->avail_out == 0); // it may hold more
    return Outcome::ok;
}

} // namespace streaming::detail
