#include "core/streaming/orchestration/source_reading.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <filesystem>
#include <utility>

#include "core/streaming/infrastructure/file_key_value_store.hpp"

namespace streaming::detail {

std::unique_ptr<KeyValueStore> open_source_store(ConnectionManager& connections, Clock& clock,
                                                 const std::string& directory, const std::string& source) {
    if (auto store = connections.open_store()) {
        return store;
    }
    if (directory.empty()) {
        return nullptr;
    }
    const std::filesystem::path place(directory); // a service in shadow leaves the real one's alone
    return std::make_unique<FileKeyValueStore>(connections.shadow() ? place / "shadow" : place, source, clock);
}

SourceReading::SourceReading(const Dependencies& dependencies, std::string scope, std::chrono::seconds ttl)
    : dependencies_(dependencies), scope_(std::move(scope)), state_(ttl), outage_(dependencies.clock) {
    if (dependencies_.store != nullptr) {
        saved_.emplace(*dependencies_.store, scope_);
        state_.list_changes();
        state_.load_with([this] { return load(); });
    }
}

Status SourceReading::load() {
    if (!outage_.may_try()) {
        return last_error_;
    }
    const auto unreadable = saved_->load(state_, dependencies_.clock.system_now());
    if (!unreadable) {
        last_error_ = unreadable.error();
        last_error_.message = fmt::format("what was read before cannot be loaded: {}", last_error_.message);
        last_error_.retryable = true;
        if (outage_.failed()) {
            dependencies_.log.warn("{}: {}; it polls nothing until then", scope_, last_error_.message);
        }
        return last_error_;
    }
    (void)outage_.worked();
    if (unreadable.value() > 0) {
        dependencies_.log.warn("{}: {} entries of what was read before cannot be understood; they count as new", scope_,
                               unreadable.value());
    }
    return {};
}

Status SourceReading::ready() {
    if (!state_.is_used() || state_.is_loaded()) {
        return {};
    }
    Status loaded = load();
    state_.set_loaded(loaded.ok());
    return loaded;
}

void SourceReading::save() {
    if (!saved_ || !state_.is_loaded() || !state_.has_changes() || !outage_.may_try()) {
        return;
    }
    if (const Status saved = saved_->save(state_, dependencies_.clock.system_now()); !saved) {
        if (outage_.failed()) {
            dependencies_.log.warn("{}: what was read cannot be saved: {}; it is tried again with the next answer",
                                   scope_, saved.error().message);
        }
    } else if (outage_.worked()) {
        dependencies_.log.info("{}: what was read is saved again", scope_);
    }
}

void SourceReading::reload() {
    if (saved_) {
        state_.clear();
        state_.set_loaded(false);
    }
}

void SourceReading::configure(std::string scope, std::chrono::seconds ttl) {
    if (ttl != state_.ttl()) {
        state_.set_ttl(ttl, dependencies_.clock.system_now());
    }
    if (scope != scope_) { // into shadow, or back
        scope_ = std::move(scope);
        if (saved_) {
            saved_.emplace(*dependencies_.store, scope_);
            reload();
        }
    }
}

} // namespace streaming::detail
