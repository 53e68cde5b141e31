#include "core/streaming/orchestration/duplicate_filter.hpp"

#include <spdlog/logger.h>
#include <utility>

namespace streaming::detail {

namespace {

constexpr std::chrono::milliseconds kAskAgainAfter{500};

} // namespace

DuplicateFilter::DuplicateFilter(Dependencies dependencies, const DeduplicationOptions& options,
                                 const std::string& scope)
    : store_(std::move(dependencies.store)),
      clock_(dependencies.clock),
      log_(dependencies.log),
      policy_(options.on_store_error),
      manager_({.store = store_.get(), .clock = clock_, .log = log_}, options, scope) {}

void DuplicateFilter::begin(FlightBatch& batch) {
    Question question{.batch = &batch};
    if (!spare_.empty()) {
        question.ids = std::move(spare_.back());
        spare_.pop_back();
        question.ids.clear();
    }
    for (const RecordTask* task : batch.tasks) {
        if (task->deduplicated) {
            question.ids.push_back(task->state.message.id());
        }
    }
    asked_.push_back(std::move(question));
    if (!held_back_) {
        ask(asked_.back());
    }
}

void DuplicateFilter::ask(Question& question) {
    question.begun = true;
    noted(manager_.begin_check(question.ids));
}

DuplicateFilter::Answer DuplicateFilter::finish() {
    Question& question = asked_.front();
    if (!question.begun) {
        if (clock_.now() < ask_again_) {
            return {};
        }
        for (Question& each : asked_) {
            ask(each); // all of them, in order: the manager answers the oldest first
        }
    }
    question.begun = false;
    const Status status = manager_.finish_check(duplicates_);
    noted(status);
    if (!status.ok() && policy_ == StoreErrorPolicy::pause) {
        // What was asked after it failed with it: the connection is gone.
        for (auto& later : asked_) {
            if (std::exchange(later.begun, false)) {
                (void)manager_.finish_check(duplicates_).ok();
            }
        }
        held_back_ = true;
        ask_again_ = clock_.now() + kAskAgainAfter;
        return {};
    }
    held_back_ = false;
    FlightBatch* batch = question.batch;
    spare_.push_back(std::move(question.ids));
    asked_.pop_front();
    return {.batch = batch, .duplicates = &duplicates_};
}

std::size_t DuplicateFilter::waiting() const noexcept {
    std::size_t records = 0;
    for (const Question& question : asked_) {
        records += question.batch->tasks.size();
    }
    return records;
}

void DuplicateFilter::mark(std::span<const std::string_view> ids) { manager_.mark(ids); }

void DuplicateFilter::flush() {
    if (manager_.has_unflushed_marks()) {
        noted(manager_.flush());
    }
}

void DuplicateFilter::noted(const Status& status) {
    if (store_ != nullptr && std::exchange(store_ok_, status.ok()) != status.ok()) {
        if (status.ok()) {
            log_.info("deduplication: the store answers again");
        } else {
            log_.warn("deduplication: {}; {}", status.error().message,
                      policy_ == StoreErrorPolicy::pause
                          ? "no record is taken until it answers"
                          : "records are handled without asking it, repeats are possible");
        }
    }
}

} // namespace streaming::detail
