#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// What a service or source in shadow would have produced: counted, and one line of JSON each in a file, so that it can
/// be compared by id with what the other one produced. Several logs, of several processes too, may append to one file.
/// `write` only copies: a thread of this class carries it to the file each second or 64 KiB, so that a slow disk holds
/// up nobody. What is written while 4 MiB wait is counted as failed, as is what the file refused; the first failure is
/// logged. Thread-safe.
class ShadowLog {
public:
    struct Entry {
        std::string_view topic{};
        std::optional<std::string_view> key{};
        std::string_view id{}; ///< of the envelope; empty when there is none
        std::string_view correlation_id{};
        std::string_view source{}; ///< of ingestion; empty = of a handler
        bool rejected = false;     ///< it would have been dead-lettered
    };

    ShadowLog() = default;
    ~ShadowLog(); ///< flushes
    ShadowLog(const ShadowLog&) = delete;
    ShadowLog& operator=(const ShadowLog&) = delete;

    /// Opens the file for appending, and makes it when there is none; an empty path only counts. Called once, before
    /// the first write.
    Status open(const std::string& path);
    void write(const Entry& entry) noexcept;
    /// Returns when all that was written before is in the file, or has failed. Blocks as long as the disk does.
    void flush() noexcept;

    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; } ///< written, those that failed included
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }   ///< counted, and not in the file

private:
    void run(const std::stop_token& stop);
    void write_out() noexcept;
    void failed(std::uint64_t lines, std::string_view why) noexcept;

    std::atomic<std::uint64_t> entries_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<bool> failure_logged_{false};
    std::string path_{};
    std::mutex buffer_mutex_{};
    std::condition_variable_any much_buffered_{};
    std::string buffer_{};
    std::uint64_t buffered_ = 0; ///< lines
    std::mutex file_mutex_{};    ///< taken before buffer_mutex_
    std::string writing_{};
    detail::FileDescriptor file_{};
    std::jthread writer_{};
};

} // namespace streaming
