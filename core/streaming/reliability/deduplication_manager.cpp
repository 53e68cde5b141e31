#include "core/streaming/reliability/deduplication_manager.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "core/streaming/reliability/id_layout.hpp"
#include "core/streaming/reliability/mark_queue.hpp"
#include "core/streaming/reliability/outage_backoff.hpp"
#include "core/streaming/reliability/recent_ids.hpp"

namespace streaming {

namespace {

constexpr std::size_t kMaxOpenChecks = 2;
constexpr std::size_t kMinWaitingMarks = 1024;

Error misuse(const char* what) { return {.code = ErrorCode::invalid_argument, .message = what}; }

} // namespace

struct DeduplicationManager::State {
    struct Question {
        std::uint32_t index = 0; // in the ids of the check
        IdFingerprint id{};
    };
    /// One begin_check on its way; its vectors are used again and again.
    struct OpenCheck {
        std::vector<std::uint8_t> duplicates{};
        std::vector<Question> questions{};
        MarkQueue marks{}; // went out with it, not known to be stored
        std::int64_t bucket = 0;
        bool awaits_reply = false;
        std::optional<Error> lost{}; // the store failed after or while this was sent
    };

    State(const Dependencies& dependencies, const DeduplicationOptions& options, std::string scope_name)
        : store(dependencies.store),
          clock(dependencies.clock),
          log(dependencies.log),
          ttl(std::max(options.ttl, std::chrono::seconds(1))),
          scope(std::move(scope_name)),
          layout(make_id_layout(options.key_style, scope, ttl)),
          recent(options.local_cache_ids),
          max_waiting_marks(std::max(options.local_cache_ids, kMinWaitingMarks)),
          outage(dependencies.clock) {}

    [[nodiscard]] OpenCheck& oldest_open() { return checks[first_open]; }
    [[nodiscard]] std::int64_t bucket_now() const;
    [[nodiscard]] bool known_locally(const IdFingerprint& id, std::int64_t bucket) {
        return recent.contains(id, bucket - 1);
    }

    void fingerprint_all(std::span<const std::string_view> ids);
    void ask_locally(std::span<const std::string_view> ids, OpenCheck& check);
    void pack_questions(std::span<const std::string_view> ids, const OpenCheck& check);
    Status send(OpenCheck& check);
    Status take_answers(OpenCheck& check);
    Error store_failed(Error error);
    void store_answered();

    KeyValueStore* store;
    Clock& clock;
    spdlog::logger& log;
    std::chrono::seconds ttl;
    std::string scope;
    std::unique_ptr<IdLayout> layout;
    RecentIds recent;
    std::size_t max_waiting_marks;

    std::array<OpenCheck, kMaxOpenChecks> checks{};
    std::size_t first_open = 0;
    std::size_t open = 0;
    MarkQueue waiting{};
    OpenCheck flushing{};
    std::uint64_t store_errors = 0;
    OutageBackoff outage;
    Error last_error{};

    std::vector<IdFingerprint> fingerprints{};
    MarkQueue questions{}; // scratch of one send
    std::vector<std::string_view> members{};
    std::vector<std::string_view> mark_members{};
    std::vector<std::int64_t> found{};
    std::vector<StoreReply> replies{};
};

std::int64_t DeduplicationManager::State::bucket_now() const {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.system_now().time_since_epoch());
    return now.count() / ttl.count();
}

/// All of them before the first is looked up, so that memory answers meanwhile.
void DeduplicationManager::State::fingerprint_all(std::span<const std::string_view> ids) {
    fingerprints.clear();
    for (const std::string_view id : ids) {
        recent.prefetch(fingerprints.emplace_back(fingerprint(id)));
    }
}

void DeduplicationManager::State::ask_locally(std::span<const std::string_view> ids, OpenCheck& check) {
    check.bucket = bucket_now();
    check.awaits_reply = false;
    check.lost.reset();
    check.questions.clear();
    check.duplicates.assign(ids.size(), 0);
    fingerprint_all(ids);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (known_locally(fingerprints[i], check.bucket)) {
            check.duplicates[i] = 1;
        } else {
            check.questions.push_back({.index = static_cast<std::uint32_t>(i), .id = fingerprints[i]});
        }
    }
}

void DeduplicationManager::State::pack_questions(std::span<const std::string_view> ids, const OpenCheck& check) {
    questions.clear();
    for (const Question& question : check.questions) {
        layout->add(ids[question.index], questions);
    }
    questions.list(members);
}

/// Writes the waiting marks and what `members` asks, if there is any of it.
Status DeduplicationManager::State::send(OpenCheck& check) {
    if (waiting.empty() && check.questions.empty()) {
        return {};
    }
    if (!outage.may_try()) {
        check.lost = last_error;
        return last_error;
    }
    check.marks.append(waiting);
    check.marks.list(mark_members);
    const auto asked = std::span<const std::string_view>(members).first(check.questions.size());
    check.awaits_reply = true;
    if (Status sent = store->send(layout->commands(check.bucket, mark_members, asked)); !sent) {
        return store_failed(sent.error());
    }
    return {};
}

Status DeduplicationManager::State::take_answers(OpenCheck& check) {
    if (Status received = store->receive(replies); !received) {
        return store_failed(received.error());
    }
    if (!layout->read(replies, check.bucket, check.marks.size(), check.questions.size(), found)) {
        store->close(); // what else it sends cannot be matched to a question any more
        return store_failed({.code = ErrorCode::malformed,
                             .message = fmt::format("store answered {} questions with {} replies or of wrong size",
                                                    check.questions.size(), replies.size()),
                             .retryable = true});
    }
    check.awaits_reply = false;
    check.marks.clear();
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i] != IdLayout::kNotFound) {
            check.duplicates[check.questions[i].index] = 1;
            recent.insert(check.questions[i].id, found[i]);
        }
    }
    store_answered();
    return {};
}

/// The connection is gone and with it every outstanding answer: marks that may not have arrived wait again (to add
/// twice does no harm), oldest first.
Error DeduplicationManager::State::store_failed(Error error) {
    ++store_errors;
    MarkQueue again;
    const auto forget = [&](OpenCheck& check) {
        if (check.awaits_reply) {
            again.append(check.marks);
            check.awaits_reply = false;
            check.lost = error;
        }
    };
    for (std::size_t i = 0; i < kMaxOpenChecks; ++i) {
        forget(checks[(first_open + i) % kMaxOpenChecks]);
    }
    forget(flushing);
    again.append(waiting);
    waiting = std::move(again);
    last_error = error;
    if (outage.failed()) {
        log.warn("deduplication store of {} failed: {}", scope, error.message);
    }
    return error;
}

void DeduplicationManager::State::store_answered() {
    if (outage.worked()) {
        log.info("deduplication store of {} answers again", scope);
    }
}

DeduplicationManager::DeduplicationManager(const Dependencies& dependencies, const DeduplicationOptions& options,
                                           std::string scope)
    : state_(std::make_unique<State>(dependencies, options, std::move(scope))) {}

DeduplicationManager::~DeduplicationManager() = default;

Result<bool> DeduplicationManager::is_duplicate(std::string_view id) {
    if (state_->open != 0) {
        return misuse("is_duplicate while a check is open");
    }
    Status asked = begin_check({&id, 1});
    std::vector<std::uint8_t> duplicates;
    if (Status answered = finish_check(duplicates); !answered && duplicates[0] == 0) {
        return answered.error();
    }
    return duplicates[0] != 0;
}

Status DeduplicationManager::mark_processed(std::string_view id) {
    mark({&id, 1});
    return flush();
}

Status DeduplicationManager::begin_check(std::span<const std::string_view> ids) {
    State& state = *state_;
    if (state.open == kMaxOpenChecks) {
        return misuse("begin_check while two checks are open");
    }
    State::OpenCheck& check = state.checks[(state.first_open + state.open) % kMaxOpenChecks];
    ++state.open;
    state.ask_locally(ids, check);
    if (state.store == nullptr) {
        return {};
    }
    state.pack_questions(ids, check);
    return state.send(check);
}

Status DeduplicationManager::finish_check(std::vector<std::uint8_t>& duplicates) {
    State& state = *state_;
    duplicates.clear();
    if (state.open == 0) {
        return misuse("finish_check without begin_check");
    }
    State::OpenCheck& check = state.oldest_open();
    Status answered;
    if (check.awaits_reply) {
        answered = state.take_answers(check);
    } else if (check.lost) {
        answered = *check.lost;
    }
    // A twin may have been marked while the question was on its way.
    for (const State::Question& question : check.questions) {
        if (check.duplicates[question.index] == 0 && state.known_locally(question.id, check.bucket)) {
            check.duplicates[question.index] = 1;
        }
    }
    duplicates.assign(check.duplicates.begin(), check.duplicates.end());
    state.first_open = (state.first_open + 1) % kMaxOpenChecks;
    --state.open;
    return answered;
}

void DeduplicationManager::mark(std::span<const std::string_view> ids) {
    State& state = *state_;
    const std::int64_t bucket = state.bucket_now();
    state.fingerprint_all(ids);
    for (const IdFingerprint& id : state.fingerprints) {
        state.recent.insert(id, bucket);
    }
    if (state.store == nullptr) {
        return;
    }
    for (const std::string_view id : ids) {
        state.layout->add(id, state.waiting);
    }
    if (state.waiting.size() > state.max_waiting_marks) {
        // A quarter at a time: dropping one by one would move all the others each time.
        const std::size_t surplus = state.waiting.size() - state.max_waiting_marks;
        state.waiting.drop_oldest(surplus + state.max_waiting_marks / 4);
    }
}

void DeduplicationManager::keep(std::string_view id) {
    if (!state_->recent.contains(fingerprint(id), state_->bucket_now())) {
        mark({&id, 1});
    }
}

Status DeduplicationManager::flush() {
    State& state = *state_;
    if (state.open != 0) {
        return misuse("flush while a check is open");
    }
    if (state.waiting.empty()) {
        return {};
    }
    state.flushing.bucket = state.bucket_now();
    if (Status sent = state.send(state.flushing); !sent) {
        return sent;
    }
    return state.take_answers(state.flushing);
}

bool DeduplicationManager::has_unflushed_marks() const noexcept {
    return !state_->waiting.empty() || std::any_of(state_->checks.begin(), state_->checks.end(),
                                                   [](const State::OpenCheck& check) { return !check.marks.empty(); });
}

std::uint64_t DeduplicationManager::store_errors() const noexcept { return state_->store_errors; }

bool DeduplicationManager::has_store() const noexcept { return state_->store != nullptr; }

} // namespace streaming
