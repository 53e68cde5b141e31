#include "bench/weightless_platform.hpp"

#include <array>

#include "bench/observation.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"

namespace bench {
namespace {

using streaming::Error;
using streaming::ErrorCode;
using streaming::Status;

constexpr std::string_view kTopic = "weightless";

Error nothing_here() { return {.code = ErrorCode::unavailable, .message = "there is none"}; }

class Topics final : public streaming::TopicAdmin {
public:
    streaming::Result<std::optional<std::int32_t>> partitions(const std::string&, std::chrono::milliseconds) override {
        return std::optional<std::int32_t>(1);
    }
    streaming::Result<std::optional<streaming::TopicSpec>> describe(const std::string& topic,
                                                                    std::chrono::milliseconds) override {
        return std::optional(streaming::TopicSpec{.name = topic});
    }
    Status ensure(std::span<const streaming::TopicSpec>, std::chrono::milliseconds) override { return {}; }
};

class Lag final : public streaming::LagProbe {
public:
    streaming::Result<std::vector<streaming::PartitionLag>> lag(const std::string&, const std::string&,
                                                                std::chrono::milliseconds) override {
        return nothing_here();
    }
    streaming::Result<std::vector<streaming::TopicOffset>> end_offsets(const std::string&,
                                                                       std::chrono::milliseconds) override {
        return nothing_here();
    }
};

class Http final : public streaming::HttpClient {
public:
    streaming::Result<streaming::HttpResponse> get(const streaming::HttpRequest&, std::stop_token) override {
        return nothing_here();
    }
};

} // namespace

WeightlessInput::WeightlessInput() : payloads_(kSlots) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
        Observations{.records = kSlots, .repeats = false}.write(slot, payloads_[slot]);
    }
    for (std::size_t key = 0; key < kStations; ++key) {
        keys_.push_back(station_key(key));
    }
}

void WeightlessInput::next(streaming::RecordBatch& into) {
    constexpr std::size_t kIdEnd = 7 + 36; // {"id":" and a UUID
    std::string& payload = payloads_[taken_ % kSlots];
    std::size_t rest = taken_ / kSlots;
    for (std::size_t digit = 0; digit < 6; ++digit, rest >>= 4U) {
        payload[kIdEnd - 1 - digit] = "0123456789abcdef"[rest & 0xfU];
    }
    into.add({.topic = kTopic,
              .partition = static_cast<std::int32_t>(taken_ % kPartitions),
              .offset = static_cast<std::int64_t>(taken_ / kPartitions),
              .key = keys_[taken_ % kStations],
              .payload = payload});
    ++taken_;
}

class WeightlessPlatform::Consumer final : public streaming::MessageConsumer {
public:
    explicit Consumer(WeightlessPlatform& platform) : platform_(platform) {}

    Status start(streaming::AssignmentListener& listener) override {
        listener_ = &listener;
        for (std::int32_t partition = 0; partition < WeightlessInput::kPartitions; ++partition) {
            partitions_.push_back({std::string(kTopic), partition});
        }
        return {};
    }

    Status consume(std::chrono::milliseconds wait, std::size_t max_records, streaming::RecordBatch& into) override {
        const Options& options = platform_.options_;
        if (input_.taken() == 0) {
            listener_->on_assigned(partitions_);
        }
        if (input_.taken() == options.records) {
            wait_for_wake(wait);
            return {};
        }
        for (std::size_t count = 0; count < max_records && input_.taken() < options.records; ++count) {
            input_.next(into);
            if (input_.taken() == options.warm_up) {
                options.on_warm();
            }
        }
        if (input_.taken() == options.records) {
            const std::scoped_lock lock(platform_.end_mutex_);
            platform_.at_end_ = true;
            platform_.end_changed_.notify_all();
        }
        return {};
    }

    Status keep_membership() override { return {}; }
    Status commit(std::span<const streaming::TopicOffset>, streaming::CommitMode) override { return {}; }
    std::optional<std::int64_t> lag(const streaming::TopicOffset&) const override { return std::nullopt; }
    void wake() noexcept override {
        const std::scoped_lock lock(wake_mutex_);
        woken_ = true;
        woke_.notify_all();
    }
    void stop() noexcept override {
        if (listener_ != nullptr && !partitions_.empty()) {
            listener_->on_revoked(partitions_);
            partitions_.clear();
        }
    }

private:
    void wait_for_wake(std::chrono::milliseconds wait) {
        std::unique_lock lock(wake_mutex_);
        (void)woke_.wait_for(lock, wait, [this] { return woken_; });
        woken_ = false;
    }

    WeightlessPlatform& platform_;
    WeightlessInput input_{};
    streaming::AssignmentListener* listener_ = nullptr;
    std::vector<streaming::TopicPartition> partitions_{};
    std::mutex wake_mutex_{};
    std::condition_variable woke_{};
    bool woken_ = false;
};

class WeightlessPlatform::Producer final : public streaming::MessageProducer {
public:
    Status start(std::chrono::milliseconds) override { return {}; }
    void send_batch(std::span<const streaming::OutgoingRecord> records, std::stop_token) noexcept override {
        streaming::DeliverySink* sink = nullptr;
        for (const streaming::OutgoingRecord& record : records) {
            sink = &record.ticket->sink();
            sink->on_delivery(*record.ticket, {});
        }
        if (sink != nullptr) {
            sink->on_delivery_batch_end();
        }
    }
    streaming::Result<std::string> send(const streaming::OutgoingMessage&, std::chrono::milliseconds) override {
        return nothing_here();
    }
    std::size_t stop(std::chrono::milliseconds) noexcept override { return 0; }
};

class WeightlessPlatform::Store final : public streaming::KeyValueStore {
public:
    explicit Store(bool all_known) : known_(all_known ? 1 : 0) {}

    Status ping() override { return {}; }
    Status send(std::span<const streaming::StoreCommand> commands) override {
        Question& question = questions_[(first_ + open_++) % questions_.size()];
        question.count = commands.size();
        for (std::size_t index = 0; index < commands.size(); ++index) {
            const bool looks_up = commands[index].kind == streaming::StoreCommand::Kind::contains;
            question.members[index] = looks_up ? commands[index].members.size() : 0;
        }
        return {};
    }
    Status receive(std::vector<streaming::StoreReply>& replies) override {
        const Question& question = questions_[first_];
        first_ = (first_ + 1) % questions_.size();
        --open_;
        replies.resize(question.count);
        for (std::size_t index = 0; index < question.count; ++index) {
            replies[index].found.assign(question.members[index], known_);
        }
        return {};
    }
    void close() noexcept override { open_ = 0; }

private:
    struct Question {
        std::size_t count = 0;
        std::array<std::size_t, 4> members{};
    };
    std::uint8_t known_;
    std::array<Question, 4> questions_{};
    std::size_t first_ = 0;
    std::size_t open_ = 0;
};

void WeightlessPlatform::wait_for_the_end() {
    std::unique_lock lock(end_mutex_);
    end_changed_.wait(lock, [this] { return at_end_; });
}

std::unique_ptr<streaming::MessageConsumer> WeightlessPlatform::consumer(const streaming::KafkaOptions&,
                                                                         const streaming::ConsumerOptions&) {
    return std::make_unique<Consumer>(*this);
}
std::unique_ptr<streaming::MessageProducer> WeightlessPlatform::producer(const streaming::KafkaOptions&,
                                                                         const streaming::ProducerOptions&) {
    return std::make_unique<Producer>();
}
std::unique_ptr<streaming::TopicAdmin> WeightlessPlatform::topics(const streaming::KafkaOptions&) {
    return std::make_unique<Topics>();
}
std::unique_ptr<streaming::LagProbe> WeightlessPlatform::lag(const streaming::KafkaOptions&) {
    return std::make_unique<Lag>();
}
std::unique_ptr<streaming::KeyValueStore> WeightlessPlatform::store(const streaming::RedisOptions&) {
    return std::make_unique<Store>(options_.all_known);
}
std::unique_ptr<streaming::HttpClient> WeightlessPlatform::http(const streaming::HttpOptions&) {
    return std::make_unique<Http>();
}
streaming::Clock& WeightlessPlatform::clock() { return streaming::system_clock(); }

} // namespace bench
