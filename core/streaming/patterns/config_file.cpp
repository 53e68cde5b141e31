#include "core/streaming/patterns/config_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "core/streaming/patterns/config_parser.hpp"

namespace streaming::detail {

namespace {

constexpr std::size_t kMostBytes = 10'000'000;

/// At most one byte more than a configuration may have: what is named may be endless.
std::string read_bytes(std::FILE* file) {
    std::string bytes;
    std::array<char, 65'536> piece{};
    while (bytes.size() <= kMostBytes) {
        const std::size_t count = std::fread(piece.data(), 1, piece.size(), file);
        if (count == 0) {
            break;
        }
        bytes.append(piece.data(), count);
    }
    return bytes;
}

} // namespace

ConfigNode read_config_file(const std::string& path, std::vector<std::string>& problems) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        problems.push_back("Config file not found: " + path);
        return {};
    }
    if (std::filesystem::is_directory(status)) {
        problems.push_back(path + ": is a directory, not a file");
        return {};
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file) {
        problems.push_back(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
        return {};
    }
    std::string bytes = read_bytes(file.get());
    if (std::ferror(file.get()) != 0) {
        problems.push_back(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
        return {};
    }
    if (bytes.size() > kMostBytes) {
        problems.push_back(fmt::format("{}: more than {} bytes; a configuration has fewer", path, kMostBytes));
        return {};
    }
    return read_config_text(std::move(bytes), path, Places::file_line_column, problems);
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
