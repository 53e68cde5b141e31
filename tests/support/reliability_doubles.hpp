#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/record.hpp"

// The smallest doubles the reliability layer needs: values to look at, no threads, no waiting.
namespace streaming::doubles {

using namespace std::chrono_literals;

struct SteppedClock final : Clock {
    steady_time steady{};
    system_time system{std::chrono::sys_days{std::chrono::year{2026} / 1 / 31} + 12h + 34min + 56s + 789ms};
    mutable int system_reads = 0;

    [[nodiscard]] steady_time now() const noexcept override { return steady; }
    [[nodiscard]] system_time system_now() const noexcept override {
        ++system_reads;
        return system;
    }
    void wait_until(std::unique_lock<std::mutex>&, std::condition_variable_any&, steady_time,
                    std::stop_token) override {}
    void advance(std::chrono::milliseconds by) {
        steady += by;
        system += by;
    }
};

struct Ticket final : DeliverySink, DeliveryTicket {
    Ticket() : DeliveryTicket(static_cast<DeliverySink&>(*this)) {}
    void on_delivery(DeliveryTicket&, const Delivery&) noexcept override {}
    void on_delivery_batch_end() noexcept override {}
};

/// Sets in memory; answers when `receive` asks, as a pipeline does. `fail_sends` and `fail_receives` count down.
struct ScriptedStore final : KeyValueStore {
    struct Kept {
        std::set<std::string> members{};
        std::chrono::milliseconds ttl{};
    };
    std::map<std::string, Kept> sets{};
    std::vector<std::vector<StoreCommand::Kind>> trips{};
    int fail_sends = 0;
    int fail_receives = 0;
    bool short_replies = false;
    int closed = 0;

    Status ping() override { return {}; }
    Status send(std::span<const StoreCommand> commands) override {
        if (fail_sends > 0) {
            --fail_sends;
            return broken();
        }
        std::vector<StoreReply> answers;
        auto& trip = trips.emplace_back();
        for (const StoreCommand& command : commands) {
            trip.push_back(command.kind);
            answers.push_back(answer(command));
        }
        outstanding_.push_back(std::move(answers));
        return {};
    }
    Status receive(std::vector<StoreReply>& replies) override {
        if (fail_receives > 0 || outstanding_.empty()) {
            --fail_receives;
            return broken();
        }
        replies = std::move(outstanding_.front());
        outstanding_.pop_front();
        if (short_replies) {
            replies.pop_back();
        }
        return {};
    }
    void close() noexcept override {
        ++closed;
        outstanding_.clear();
    }

private:
    Error broken() {
        outstanding_.clear();
        return {.code = ErrorCode::unavailable, .message = "store is away", .retryable = true};
    }
    StoreReply answer(const StoreCommand& command) {
        StoreReply reply;
        if (command.kind == StoreCommand::Kind::add) {
            Kept& kept = sets[std::string(command.key)];
            kept.members.insert(command.members.begin(), command.members.end());
            kept.ttl = command.ttl;
        } else if (command.kind == StoreCommand::Kind::contains) {
            const auto kept = sets.find(std::string(command.key));
            for (const std::string_view member : command.members) {
                reply.found.push_back(kept != sets.end() && kept->second.members.contains(std::string(member)) ? 1 : 0);
            }
        }
        return reply;
    }

    std::deque<std::vector<StoreReply>> outstanding_{};
};

/// A record with everything it points to.
class OwnedRecord final : RecordOwner {
public:
    explicit OwnedRecord(std::optional<std::string> payload, std::optional<std::string> key = "k", Headers headers = {})
        : payload_(std::move(payload)), key_(std::move(key)), headers_(std::move(headers)) {
        record_ = {.topic = "orders",
                   .partition = 3,
                   .offset = 41,
                   .timestamp = std::chrono::system_clock::time_point(1'769'862'896'789ms),
                   .key = key_,
                   .payload = payload_,
                   .has_headers = !headers_.empty(),
                   .owner = this};
    }
    OwnedRecord(const OwnedRecord&) = delete;
    OwnedRecord& operator=(const OwnedRecord&) = delete;

    [[nodiscard]] const ConsumedRecord& get() const { return record_; }

private:
    void release(void*) noexcept override {}
    void read_headers(const void*, Headers& into) const override { into = headers_; }

    std::optional<std::string> payload_;
    std::optional<std::string> key_;
    Headers headers_;
    ConsumedRecord record_{};
};

inline std::shared_ptr<spdlog::logger> quiet_logger() {
    return std::make_shared<spdlog::logger>("quiet", std::make_shared<spdlog::sinks::null_sink_mt>());
}

inline std::string text_of(std::optional<std::string_view> bytes) { return bytes ? std::string(*bytes) : "<null>"; }

} // namespace streaming::doubles
