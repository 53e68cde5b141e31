#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/file_state.hpp"

namespace streaming {

/// Reads a local file as if it was an answer: for replay and tests. The first fetch, and each one after the file
/// changed (time of modification or size) or a record of it was given up on its way, gives the whole file; the others
/// give an empty body. A file that is not there, or cannot be read, is an Error and is tried again.
class FileConnector final : public Connector {
public:
    struct Options {
        std::filesystem::path path{};
        std::size_t max_bytes = 64U * 1024U * 1024U;
    };
    explicit FileConnector(Options options) : options_(std::move(options)) {}
    Result<Response> fetch(const Request& request) override;

private:
    [[nodiscard]] Result<detail::FileState> look() const;

    Options options_;
    std::optional<detail::FileState> read_{}; ///< how the file was when it was read last
    /// Shared with receipts, which may be told later than this lives.
    const std::shared_ptr<std::atomic<bool>> given_up_ = std::make_shared<std::atomic<bool>>(false);
};

} // namespace streaming
