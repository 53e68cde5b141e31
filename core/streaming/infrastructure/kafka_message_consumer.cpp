#include "core/streaming/infrastructure/kafka_message_consumer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/streaming/infrastructure/kafka_commit.hpp"
#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_group_leave.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"
#include "core/streaming/infrastructure/kafka_settings.hpp"

namespace streaming {
namespace {

using detail::is_cooperative;
using detail::kafka_error;

constexpr std::size_t kMostHeld = 10'000;
/// As topic.metadata.refresh.interval.ms lets group members see new partitions.
constexpr std::chrono::seconds kLookForPartitionsEvery{10};

} // namespace

KafkaMessageConsumer::KafkaMessageConsumer(KafkaOptions kafka, ConsumerOptions options)
    : kafka_(std::move(kafka)), options_(std::move(options)) {}

KafkaMessageConsumer::~KafkaMessageConsumer() {
    stop();
    if (auto* const queue = queue_.exchange(nullptr); queue != nullptr) {
        rd_kafka_queue_destroy(queue);
    }
    if (client_) {
        // Closed by stop, or given up by it: a second close inside rd_kafka_destroy could hang.
        rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
}

Status KafkaMessageConsumer::start(AssignmentListener& listener) {
    if (client_ || stopped_) {
        return Error{ErrorCode::invalid_argument, subject() + ": started already", false};
    }
    auto settings = detail::consumer_settings(kafka_, options_);
    if (!settings) {
        return settings.error();
    }
    auto* const conf = settings.value().get();
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_rebalance_cb(
        conf, [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list, void* self) {
            static_cast<KafkaMessageConsumer*>(self)->on_rebalance(what, list);
        });
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int code, const char* reason, void* self) {
        static_cast<KafkaMessageConsumer*>(self)->failures_->on_client_error(static_cast<rd_kafka_resp_err_t>(code),
                                                                             reason);
    });
    rd_kafka_conf_set_offset_commit_cb(conf, &detail::log_commit);
    auto client = detail::open_client(RD_KAFKA_CONSUMER, std::move(settings).value());
    if (!client) {
        return client.error();
    }
    client_ = std::move(client).value();
    listener_ = &listener;
    rd_kafka_poll_set_consumer(client_.get());
    queue_ = rd_kafka_queue_get_consumer(client_.get());
    fetching_.emplace(client_.get(), kafka_);
    failures_.emplace(client_.get(), subject(), kafka_.bootstrap_servers);
    return options_.broadcast ? Status{} : subscribe();
}

std::string KafkaMessageConsumer::subject() const { return fmt::format("consumer {}", options_.group_id); }

Error KafkaMessageConsumer::not_running() const { return {ErrorCode::stopped, subject() + ": is not running", false}; }

Status KafkaMessageConsumer::subscribe() {
    const detail::KafkaPartitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
    for (const auto& topic : options_.topics) {
        rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const auto failure = rd_kafka_subscribe(client_.get(), topics.get());
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? Status{} : Status{kafka_error(failure, subject())};
}

Result<KafkaMessageConsumer::Partitions> KafkaMessageConsumer::every_partition(std::chrono::milliseconds wait) {
    // Answered in a millisecond or two; a caller that hardly waits still has to get there.
    const auto deadline = std::chrono::steady_clock::now() + std::max(wait, std::chrono::milliseconds(100));
    Partitions all;
    for (const auto& topic : options_.topics) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        auto count = detail::partition_count(client_.get(), topic, left);
        if (!count) {
            return count.error();
        }
        if (!count.value()) {
            return Error{ErrorCode::not_found, fmt::format("topic {}: does not exist (yet)", topic), true};
        }
        for (std::int32_t partition = 0; partition < *count.value(); ++partition) {
            all.push_back({topic, partition});
        }
    }
    return all;
}

Status KafkaMessageConsumer::assign_everything(std::chrono::milliseconds wait) {
    auto all = every_partition(wait);
    if (!all) {
        return all.error();
    }
    const bool first = assigned_.empty();
    Partitions added;
    std::ranges::copy_if(all.value(), std::back_inserter(added),
                         [this](const TopicPartition& partition) { return !assigned_.contains(partition); });
    if (added.empty()) {
        return {};
    }
    const auto list = detail::to_list(all.value());
    (void)rd_kafka_position(client_.get(), list.get());
    const auto start = options_.start == StartPosition::earliest ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    for (auto& element : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
        if (!assigned_.contains({element.topic, element.partition})) {
            // What is in a partition that was added later came after the start, so `latest` reads it too.
            element.offset = first ? start : RD_KAFKA_OFFSET_BEGINNING;
        } else if (element.offset < 0) {
            element.offset = start; // nothing was read from it yet
        }
    }
    assign(list.get(), added);
    return {};
}

Status KafkaMessageConsumer::consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) {
    if (!client_ || stopped_) {
        return not_running();
    }
    if (options_.broadcast && held_.empty() && (assigned_.empty() || std::chrono::steady_clock::now() >= next_look_)) {
        next_look_ = std::chrono::steady_clock::now() + kLookForPartitionsEvery;
        if (auto status = assign_everything(wait); !status && assigned_.empty()) {
            // Until there is something to read, wait as if it came: `wake` still ends it.
            if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(client_.get(), detail::to_wait(wait))) {
                failures_->on_message(*message);
                rd_kafka_message_destroy(message);
            }
            return status;
        }
    }
    resume();
    take(wait, max_records);
    if (taken_.empty()) {
        return failures_->take();
    }
    for (auto* const message : taken_) {
        into.add(records_.view_of(*message));
    }
    if (taken_.size() >= max_records) {
        fetching_->behind();
    }
    taken_.clear();
    failures_->on_records();
    return {};
}

void KafkaMessageConsumer::take(std::chrono::milliseconds wait, std::size_t max_records) {
    while (!held_.empty() && taken_.size() < max_records) {
        hand_out(held_.front());
        held_.pop_front();
    }
    // One by one: the batch call of librdkafka loses records next to pause and rebalance, and is no faster.
    int timeout = taken_.empty() ? detail::to_wait(wait) : 0;
    while (taken_.size() < max_records) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(client_.get(), timeout);
        if (message == nullptr) {
            return;
        }
        timeout = 0;
        hand_out(message);
    }
}

void KafkaMessageConsumer::hand_out(rd_kafka_message_t* message) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        taken_.push_back(message);
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        listener_->on_end_reached({rd_kafka_topic_name(message->rkt), message->partition, message->offset});
    } else {
        failures_->on_message(*message);
    }
    rd_kafka_message_destroy(message);
}

Status KafkaMessageConsumer::keep_membership() {
    if (!client_ || stopped_) {
        return not_running();
    }
    if (!keeping_) {
        keeping_ = true;
        pause({assigned_.begin(), assigned_.end()});
    }
    while (held_.size() < kMostHeld) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(client_.get(), 0);
        if (message == nullptr) {
            break;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            held_.push_back(message); // an end is told after the records before it
        } else {
            failures_->on_message(*message);
            rd_kafka_message_destroy(message);
        }
    }
    return failures_->take();
}

void KafkaMessageConsumer::pause(const Partitions& partitions) {
    const auto list = detail::to_list(partitions);
    (void)rd_kafka_pause_partitions(client_.get(), list.get());
    for (const auto& element : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
        if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            paused_.insert({element.topic, element.partition});
        }
    }
}

void KafkaMessageConsumer::resume() {
    keeping_ = false;
    if (paused_.empty()) {
        return;
    }
    // Exactly what was paused: resuming another partition makes 2.0.2 read it again from an old position.
    const Partitions partitions(paused_.begin(), paused_.end());
    (void)rd_kafka_resume_partitions(client_.get(), detail::to_list(partitions).get());
    paused_.clear();
}

void KafkaMessageConsumer::on_rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list) {
    const auto partitions = detail::to_partitions(*list);
    records_.forget_topics();
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assign(list, partitions);
    } else {
        unassign(list, partitions);
    }
}

void KafkaMessageConsumer::assign(const rd_kafka_topic_partition_list_t* list, const Partitions& partitions) {
    if (is_cooperative(client_.get())) {
        const detail::KafkaProblem ignored(rd_kafka_incremental_assign(client_.get(), list));
    } else {
        (void)rd_kafka_assign(client_.get(), list);
    }
    assigned_.insert(partitions.begin(), partitions.end());
    if (keeping_) {
        pause(partitions);
    }
    listener_->on_assigned(partitions);
}

void KafkaMessageConsumer::let_go(const Partitions& partitions) {
    if (rd_kafka_assignment_lost(client_.get()) != 0) {
        forget(partitions); // first, so that nothing is committed from within on_lost
        listener_->on_lost(partitions);
    } else {
        listener_->on_revoked(partitions);
        forget(partitions);
    }
}

void KafkaMessageConsumer::unassign(const rd_kafka_topic_partition_list_t* list, const Partitions& partitions) {
    let_go(partitions);
    if (is_cooperative(client_.get())) {
        const detail::KafkaProblem ignored(rd_kafka_incremental_unassign(client_.get(), list));
    } else {
        (void)rd_kafka_assign(client_.get(), nullptr);
    }
}

void KafkaMessageConsumer::forget(const Partitions& partitions) noexcept {
    for (const auto& partition : partitions) {
        assigned_.erase(partition);
        paused_.erase(partition);
    }
    const auto is_foreign = [&](rd_kafka_message_t* message) {
        const bool foreign = std::ranges::any_of(partitions, [&](const TopicPartition& gone) {
            return gone.partition == message->partition && gone.topic == rd_kafka_topic_name(message->rkt);
        });
        if (foreign) {
            rd_kafka_message_destroy(message);
        }
        return foreign;
    };
    std::erase_if(held_, is_foreign);
    std::erase_if(taken_, is_foreign);
}

Status KafkaMessageConsumer::commit(std::span<const TopicOffset> offsets, CommitMode mode) {
    if (options_.broadcast || offsets.empty()) {
        return {};
    }
    if (!client_ || closed_) {
        return not_running();
    }
    // A commit for a partition that was lost is fatal to a static member in 2.0.2, so it never leaves the process.
    std::vector<TopicOffset> owned;
    std::ranges::copy_if(offsets, std::back_inserter(owned), [&](const TopicOffset& offset) {
        return assigned_.contains({offset.topic, offset.partition});
    });
    if (owned.empty()) {
        return Error{ErrorCode::assignment_lost, subject() + ": owns none of these partitions any more", true};
    }
    return detail::commit_offsets(client_.get(), owned, mode, subject());
}

std::optional<std::int64_t> KafkaMessageConsumer::lag(const TopicOffset& position) const {
    std::int64_t low = RD_KAFKA_OFFSET_INVALID;
    std::int64_t high = RD_KAFKA_OFFSET_INVALID;
    if (!client_ ||
        rd_kafka_get_watermark_offsets(client_.get(), position.topic.c_str(), position.partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
        return std::nullopt;
    }
    return std::max<std::int64_t>(high - position.offset, 0);
}

void KafkaMessageConsumer::wake() noexcept {
    if (auto* const queue = queue_.load(); queue != nullptr) {
        rd_kafka_queue_yield(queue);
    }
}

void KafkaMessageConsumer::stop() noexcept {
    if (std::exchange(stopped_, true) || !client_) {
        return;
    }
    for (auto* const message : held_) {
        rd_kafka_message_destroy(message);
    }
    held_.clear();
    if (options_.broadcast && !assigned_.empty()) {
        const Partitions partitions(assigned_.begin(), assigned_.end());
        listener_->on_revoked(partitions);
        forget(partitions);
        (void)rd_kafka_assign(client_.get(), nullptr);
    }
    detail::leave_group(
        client_.get(), [this](const auto& list) { let_go(detail::to_partitions(list)); }, subject());
    if (!assigned_.empty()) { // the group was gone before it could say so
        let_go({assigned_.begin(), assigned_.end()});
    }
    closed_ = true;
}

} // namespace streaming
