#include "tests/support/compressed.hpp"

#include <zlib.h>

#include <stdexcept>

namespace streaming::testing_support {
namespace {

std::string compressed(std::string_view text, int window) {
    std::string input(text);
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib: cannot begin");
    }
    std::string output(deflateBound(&stream, input.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int result = deflate(&stream, Z_FINISH);
    output.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) {
        throw std::runtime_error("zlib: cannot compress");
    }
    return output;
}

} // namespace

std::string gzip(std::string_view text) { return compressed(text, MAX_WBITS + 16); }
std::string zlib_deflate(std::string_view text) { return compressed(text, MAX_WBITS); }
std::string bare_deflate(std::string_view text) { return compressed(text, -MAX_WBITS); }

} // namespace streaming::testing_support
