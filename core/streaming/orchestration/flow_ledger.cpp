#include "core/streaming/orchestration/flow_ledger.hpp"

#include <utility>

namespace streaming::detail {

namespace {

void count_by(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view label) {
    const auto found = counts.find(label);
    if (found != counts.end()) {
        ++found->second;
    } else {
        counts.emplace(label, 1);
    }
}

} // namespace

void FlowLedger::taken(const FlightBatch& batch) {
    counts_.consumed += batch.tasks.size();
    counts_.in_flight += batch.tasks.size();
    bytes_ += batch.bytes;
}

bool FlowLedger::admit(RecordTask& task) {
    if (!task.deduplicated) {
        return true;
    }
    RecordTask* holder = ids_.hold(task);
    if (holder == nullptr) {
        return true;
    }
    while (holder->next_twin != nullptr) {
        holder = holder->next_twin;
    }
    holder->next_twin = &task;
    return false;
}

RecordTask* FlowLedger::finish(RecordTask& task, Outcome outcome) {
    RecordTask* twin = std::exchange(task.next_twin, nullptr);
    const bool held_id = task.deduplicated && outcome != Outcome::duplicate;
    if (held_id) {
        ids_.release(task);
    }
    close(task, outcome);
    if (outcome == Outcome::handled) {
        while (twin != nullptr) {
            close(*std::exchange(twin, twin->next_twin), Outcome::duplicate);
        }
        return nullptr;
    }
    if (twin != nullptr) {
        (void)ids_.hold(*twin); // the rest of the chain waits for it now
    }
    return twin;
}

void FlowLedger::give_up(RecordTask& task) {
    if (task.deduplicated) {
        ids_.release(task); // nobody shall wait for it
    }
    for (RecordTask* one = &task; one != nullptr; one = one->next_twin) {
        ++given_up_;
        --one->partition->outstanding;
    }
}

void FlowLedger::close(RecordTask& task, Outcome outcome) {
    count(task, outcome);
    if (outcome == Outcome::handled && task.deduplicated) {
        handled_ids_.push_back(task.state.message.id());
    }
    if (!task.abandoned) {
        task.partition->tracker.complete(task.sequence);
    }
    --task.partition->outstanding;
    --counts_.in_flight;
    FlightBatch& batch = *task.batch;
    --batch.unfinished;
    left(batch);
}

void FlowLedger::work_returned(FlightBatch& batch) {
    --batch.works_out;
    left(batch);
}

void FlowLedger::left(FlightBatch& batch) {
    if (batch.over()) {
        over_.push_back(&batch);
    }
}

bool FlowLedger::release_batches() {
    handled_ids_.clear();
    for (FlightBatch* batch : over_) {
        bytes_ -= batch->bytes;
        pool_.give_back(batch);
    }
    const bool any = !over_.empty();
    over_.clear();
    return any;
}

void FlowLedger::count(const RecordTask& task, Outcome outcome) {
    ++counts_.outcomes[static_cast<std::size_t>(outcome)];
    if (task.handler_time.count() > 0) {
        counts_.handler_time.record(task.handler_time);
    }
    switch (outcome) {
        case Outcome::ignored:
            count_by(counts_.ignored_by_reason, task.abandoned ? "revoked" : std::string_view(task.state.reason));
            break;
        case Outcome::dead_lettered:
            count_by(counts_.dead_lettered_by_class, task.state.reason);
            break;
        case Outcome::dropped:
            count_by(counts_.dropped_by_reason, task.state.reason);
            break;
        case Outcome::handled:
        case Outcome::duplicate:
            break;
    }
}

} // namespace streaming::detail
