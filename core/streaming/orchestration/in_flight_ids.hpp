#pragma once

#include <cstddef>
#include <vector>

#include "core/streaming/orchestration/record_task.hpp"

namespace streaming::detail {

/// Which ids are being handled right now. Open addressing with linear probing; grows by doubling, never shrinks.
/// Used by the poll thread.
class InFlightIds {
public:
    InFlightIds() : slots_(1024) {}

    /// The task that holds the id of `task`; when nobody does, `task` holds it from now on and null is returned.
    [[nodiscard]] RecordTask* hold(RecordTask& task);
    /// `task` holds its id no longer.
    void release(const RecordTask& task) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    [[nodiscard]] std::size_t home(const IdFingerprint& id) const noexcept {
        return static_cast<std::size_t>(id.low) & (slots_.size() - 1);
    }
    void grow();

    std::vector<RecordTask*> slots_;
    std::size_t size_ = 0;
};

} // namespace streaming::detail
