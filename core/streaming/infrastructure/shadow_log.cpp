#include "core/streaming/infrastructure/shadow_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

constexpr std::size_t kWriteAt = 64U * 1024U;
constexpr std::size_t kMaxBuffered = 4U * 1024U * 1024U;
constexpr std::chrono::seconds kWriteEvery{1};

void append_member(std::string& into, std::string_view name, std::string_view value) {
    into += ",\"";
    into += name;
    into += "\":";
    append_json_string(into, value);
}

void append_line(std::string& into, const ShadowLog::Entry& entry) {
    into += "{\"topic\":";
    append_json_string(into, entry.topic);
    if (entry.key) {
        append_member(into, "key", *entry.key);
    }
    if (!entry.id.empty()) {
        append_member(into, "id", entry.id);
    }
    if (!entry.correlation_id.empty()) {
        append_member(into, "correlation_id", entry.correlation_id);
    }
    if (!entry.source.empty()) {
        append_member(into, "source", entry.source);
    }
    if (entry.rejected) {
        into += ",\"rejected\":true";
    }
    into += "}\n";
}

std::string text_of(int error_number) { return std::generic_category().message(error_number); }

} // namespace

ShadowLog::~ShadowLog() {
    writer_.request_stop();
    if (writer_.joinable()) {
        writer_.join();
    }
    flush();
}

Status ShadowLog::open(const std::string& path) {
    if (path.empty()) {
        return {};
    }
    if (file_) {
        return Error{ErrorCode::already_exists, fmt::format("shadow_log {}: is open", path_)};
    }
    file_ = detail::FileDescriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    if (!file_) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("shadow_log {}: cannot be opened: {}", path, text_of(errno))};
    }
    path_ = path;
    writer_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void ShadowLog::write(const Entry& entry) noexcept {
    ++entries_;
    if (!file_) {
        return;
    }
    bool much = false;
    bool full = false;
    std::size_t before = 0;
    try {
        const std::lock_guard lock(buffer_mutex_);
        before = buffer_.size();
        full = before >= kMaxBuffered;
        if (!full) {
            try {
                append_line(buffer_, entry);
            } catch (...) {
                buffer_.resize(before); // no half lines
                throw;
            }
            ++buffered_;
            much = before < kWriteAt && buffer_.size() >= kWriteAt;
        }
    } catch (const std::exception& error) {
        failed(1, error.what());
        return;
    }
    if (full) {
        failed(1, "the disk is too slow");
    } else if (much) {
        much_buffered_.notify_one();
    }
}

void ShadowLog::flush() noexcept {
    if (file_) {
        write_out();
    }
}

void ShadowLog::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(buffer_mutex_);
            much_buffered_.wait_for(lock, stop, kWriteEvery, [this] { return buffer_.size() >= kWriteAt; });
        }
        write_out();
    }
}

/// Takes what is buffered and writes it while others go on buffering. The file's lock keeps the lines in order and
/// makes `flush` wait for what the thread has taken.
void ShadowLog::write_out() noexcept {
    const std::lock_guard file_lock(file_mutex_);
    std::uint64_t lines = 0;
    {
        const std::lock_guard lock(buffer_mutex_);
        writing_.clear();
        writing_.swap(buffer_);
        lines = std::exchange(buffered_, 0);
    }
    std::string_view left = writing_;
    while (!left.empty()) {
        const ssize_t written = ::write(file_.get(), left.data(), left.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            const auto done = std::string_view(writing_).substr(0, writing_.size() - left.size());
            const auto whole = static_cast<std::uint64_t>(std::count(done.begin(), done.end(), '\n'));
            failed(lines - whole, text_of(written < 0 ? errno : EIO));
            return;
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

void ShadowLog::failed(std::uint64_t lines, std::string_view why) noexcept {
    failed_ += lines;
    if (!failure_logged_.exchange(true)) {
        spdlog::error("shadow_log {}: {}; what cannot be written is counted and not written", path_, why);
    }
}

} // namespace streaming
