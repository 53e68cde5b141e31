#include "core/streaming/orchestration/stream_table.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace streaming::detail {

Result<std::size_t> StreamTable::reserve(const std::string& source, const std::string& id) {
    const std::scoped_lock lock(streams_mutex_);
    if (phase_ == Phase::stopped) {
        return Error{.code = ErrorCode::stopped, .message = "the ingestion was stopped"};
    }
    if (const auto known = std::ranges::find(rows_, source, &Row::name); known != rows_.end()) {
        return Error{.code = ErrorCode::invalid_argument,
                     .message = fmt::format("source {} runs already, as stream {}", source, known->stream.id)};
    }
    rows_.push_back({.name = source, .stream = {.id = id}});
    failed_.erase(source);
    return reserved_++;
}

bool StreamTable::put(Stream stream) {
    const std::scoped_lock lock(streams_mutex_);
    Row& row = *std::ranges::find(rows_, stream.source->name(), &Row::name);
    row.stream = std::move(stream);
    row.begun = phase_ == Phase::running;
    return row.begun;
}

void StreamTable::take_out(const std::string& id) {
    std::vector<Row> gone; // ends without the lock
    const std::scoped_lock lock(streams_mutex_);
    const auto found = std::ranges::find(rows_, id, [](const Row& row) { return row.stream.id; });
    if (found != rows_.end()) {
        gone.push_back(std::move(*found));
        rows_.erase(found);
    }
}

std::vector<StreamTable::Stream> StreamTable::start() {
    std::vector<Stream> streams;
    const std::scoped_lock lock(streams_mutex_);
    phase_ = Phase::running;
    for (Row& row : rows_) {
        if (row.stream.source != nullptr && !std::exchange(row.begun, true)) {
            streams.push_back(row.stream);
        }
    }
    return streams;
}

bool StreamTable::stop() {
    const std::scoped_lock lock(streams_mutex_);
    if (phase_ != Phase::running) {
        return false;
    }
    phase_ = Phase::stopped;
    return true;
}

bool StreamTable::runs() const {
    const std::scoped_lock lock(streams_mutex_);
    return phase_ == Phase::running;
}

bool StreamTable::is_stopped() const {
    const std::scoped_lock lock(streams_mutex_);
    return phase_ == Phase::stopped;
}

std::vector<StreamTable::Stream> StreamTable::all() const {
    std::vector<Stream> streams;
    const std::scoped_lock lock(streams_mutex_);
    for (const Row& row : rows_) {
        if (row.stream.source != nullptr) {
            streams.push_back(row.stream);
        }
    }
    return streams;
}

std::shared_ptr<SourceFlow> StreamTable::find(const std::string& id) const {
    const std::scoped_lock lock(streams_mutex_);
    const auto found = std::ranges::find(rows_, id, [](const Row& row) { return row.stream.id; });
    return found != rows_.end() ? found->stream.source : nullptr;
}

std::shared_ptr<SourceFlow> StreamTable::set_topic(const std::string& source, const std::string& topic) {
    const std::scoped_lock lock(streams_mutex_);
    const auto found = std::ranges::find(rows_, source, &Row::name);
    if (found == rows_.end() || found->stream.source == nullptr) {
        return nullptr;
    }
    found->stream.topic = topic;
    return found->stream.source;
}

void StreamTable::report_failed(const std::string& source, std::string why) {
    const std::scoped_lock lock(streams_mutex_);
    failed_[source] = std::move(why);
}

void StreamTable::forget_failed(const std::string& source) {
    const std::scoped_lock lock(streams_mutex_);
    failed_.erase(source);
}

std::map<std::string, std::string> StreamTable::failed() const {
    const std::scoped_lock lock(streams_mutex_);
    return failed_;
}

} // namespace streaming::detail
