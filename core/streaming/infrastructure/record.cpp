#include "core/streaming/infrastructure/record.hpp"

#include <utility>

namespace streaming {

RecordBatch& RecordBatch::operator=(RecordBatch&& other) noexcept {
    if (this != &other) {
        clear();
        records_.swap(other.records_);
    }
    return *this;
}

void RecordBatch::clear() noexcept {
    for (const ConsumedRecord& record : records_) {
        if (record.owner != nullptr) {
            record.owner->release(record.handle);
        }
    }
    records_.clear();
}

void RecordBatch::drop(std::string_view topic, std::int32_t partition) noexcept {
    std::erase_if(records_, [&](const ConsumedRecord& record) {
        const bool gone = record.partition == partition && record.topic == topic;
        if (gone && record.owner != nullptr) {
            record.owner->release(record.handle);
        }
        return gone;
    });
}

} // namespace streaming
