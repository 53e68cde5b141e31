#include "core/streaming/patterns/config_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/patterns/config_parser.hpp"

namespace streaming::detail {

namespace {

constexpr std::size_t kMostBytes = 10'000'000;

class File {
public:
    explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~File() {
        if (descriptor_ >= 0) {
            (void)::close(descriptor_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// Whether something comes, or the end; a pipe that nobody has written to yet has neither.
bool comes(int descriptor, std::chrono::milliseconds patience) {
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

/// At most one byte more than a configuration may have: what is named may be endless. The error says what failed.
Result<std::string> read_bytes(int descriptor, bool is_file, std::chrono::milliseconds patience) {
    const auto failed = [](std::string why) {
        return Error{.code = ErrorCode::unavailable, .message = std::move(why)};
    };
    std::string bytes;
    std::array<char, 65'536> piece{};
    while (bytes.size() <= kMostBytes) {
        if (!is_file && !comes(descriptor, patience)) {
            return failed(fmt::format("is no file, and nothing came out of it for {} ms", patience.count()));
        }
        const ssize_t count = ::read(descriptor, piece.data(), piece.size());
        if (count == 0) {
            break;
        }
        if (count > 0) {
            bytes.append(piece.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            return failed(fmt::format("cannot be read: {}", std::strerror(errno)));
        }
    }
    return bytes;
}

} // namespace

ConfigNode read_config_file(const std::string& path, std::vector<std::string>& problems, const PipeRules& pipes) {
    const auto failed = [&](std::string_view why) {
        problems.push_back(fmt::format("{}: {}", path, why));
        return ConfigNode{};
    };
    const File file(path); // without waiting for somebody who writes into a pipe
    struct stat found {};
    if (file.descriptor() < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        problems.push_back("Config file not found: " + path);
        return {};
    }
    if (file.descriptor() < 0 || ::fstat(file.descriptor(), &found) != 0) {
        return failed(fmt::format("cannot be read: {}", std::strerror(errno)));
    }
    if (S_ISDIR(found.st_mode)) {
        return failed("is a directory, not a file");
    }
    const bool is_file = S_ISREG(found.st_mode);
    if (!is_file && !pipes.allowed) {
        return failed("is a pipe or a device: such a thing is read at the start only");
    }
    auto bytes = read_bytes(file.descriptor(), is_file, pipes.patience);
    if (!bytes) {
        return failed(bytes.error().message);
    }
    if (bytes.value().size() > kMostBytes) {
        return failed(fmt::format("more than {} bytes; a configuration has fewer", kMostBytes));
    }
    return read_config_text(std::move(bytes).value(), path, Places::file_line_column, problems);
}

ConfigNode read_config_text(std::string text, const std::string& name, Places places,
                            std::vector<std::string>& problems) {
    ConfigParser parser(name, places == Places::file_line_column, problems);
    ConfigNode root = parser.parse(std::move(text));
    if (parser.failed()) {
        return {};
    }
    if (places == Places::name_only) {
        return root;
    }
    if (root.kind == ConfigNode::Kind::null) {
        problems.push_back(name +
                           ":1:1: is empty: a configuration is a map of keys, such as `kafka: {client_id: shop}`");
    } else if (root.kind != ConfigNode::Kind::map) {
        problems.push_back(
            fmt::format("{}: {} stands here; a configuration is a map of keys, such as `kafka: "
                        "{{client_id: shop}}`",
                        root.where, root.kind == ConfigNode::Kind::list ? "a list" : "a text"));
        root = {};
    }
    return root;
}

} // namespace streaming::detail
