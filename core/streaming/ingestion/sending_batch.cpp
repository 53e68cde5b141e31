#include "core/streaming/ingestion/sending_batch.hpp"

namespace streaming::detail {

const Error SendingBatch::lost_error{.code = ErrorCode::unknown_outcome, .message = "out of memory", .retryable = true};

SendingBatch::SendingBatch(std::vector<PendingRecord>&& pending) {
    records_.reserve(pending.size());
    histories_.reserve(pending.size());
    for (PendingRecord& one : pending) {
        records_.push_back(std::move(one.record));
        histories_.push_back(std::move(one.history));
    }
}

bool SendingBatch::report(Ticket& ticket, const Delivery& delivery) noexcept {
    if (delivery.error == nullptr) {
        ticket.partition = delivery.partition;
        ticket.offset = delivery.offset;
    } else {
        const std::scoped_lock lock(errors_mutex_);
        try {
            errors_.push_back(*delivery.error);
            ticket.error = static_cast<std::int32_t>(errors_.size()) - 1;
        } catch (...) { // nothing is known of it but that it was not acknowledged
            ticket.error = Ticket::kNoMemory;
            lost_errors_ = true;
        }
    }
    return open_.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

SendHistory SendingBatch::history(std::size_t index) const {
    return histories_.empty() ? SendHistory{.index = index} : histories_[index];
}

} // namespace streaming::detail
