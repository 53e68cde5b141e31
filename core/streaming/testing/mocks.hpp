#pragma once

#include <gmock/gmock.h>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/reliability/error_handler.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

/// gmock mocks of every port and of the classes a user may replace: for asking whether a call happened. To check what
/// becomes of a record, take the fakes.
namespace streaming::mocks {

class MockAssignmentListener : public AssignmentListener {
public:
    MOCK_METHOD(void, on_assigned, (std::span<const TopicPartition>), (noexcept, override));
    MOCK_METHOD(void, on_revoked, (std::span<const TopicPartition>), (noexcept, override));
    MOCK_METHOD(void, on_lost, (std::span<const TopicPartition>), (noexcept, override));
    MOCK_METHOD(void, on_end_reached, (const TopicOffset&), (noexcept, override));
};

class MockMessageConsumer : public MessageConsumer {
public:
    MOCK_METHOD(Status, start, (AssignmentListener&), (override));
    MOCK_METHOD(Status, consume, (std::chrono::milliseconds, std::size_t, RecordBatch&), (override));
    MOCK_METHOD(Status, keep_membership, (), (override));
    MOCK_METHOD(Status, commit, (std::span<const TopicOffset>, CommitMode), (override));
    MOCK_METHOD(std::optional<std::int64_t>, lag, (const TopicOffset&), (const, override));
    MOCK_METHOD(void, wake, (), (noexcept, override));
    MOCK_METHOD(void, stop, (), (noexcept, override));
};

class MockDeliverySink : public DeliverySink {
public:
    MOCK_METHOD(void, on_delivery, (DeliveryTicket&, const Delivery&), (noexcept, override));
    MOCK_METHOD(void, on_delivery_batch_end, (), (noexcept, override));
};

class MockMessageProducer : public MessageProducer {
public:
    MOCK_METHOD(Status, start, (std::chrono::milliseconds), (override));
    MOCK_METHOD(void, send_batch, (std::span<const OutgoingRecord>, std::stop_token), (noexcept, override));
    MOCK_METHOD(Result<std::string>, send, (const OutgoingMessage&, std::chrono::milliseconds), (override));
    MOCK_METHOD(std::size_t, stop, (std::chrono::milliseconds), (noexcept, override));
};

class MockTopicAdmin : public TopicAdmin {
public:
    MOCK_METHOD(Result<std::optional<std::int32_t>>, partitions, (const std::string&, std::chrono::milliseconds),
                (override));
    MOCK_METHOD(Result<std::optional<TopicSpec>>, describe, (const std::string&, std::chrono::milliseconds),
                (override));
    MOCK_METHOD(Status, ensure, (std::span<const TopicSpec>, std::chrono::milliseconds), (override));
};

class MockLagProbe : public LagProbe {
public:
    MOCK_METHOD(Result<std::vector<PartitionLag>>, lag,
                (const std::string&, const std::string&, std::chrono::milliseconds), (override));
    MOCK_METHOD(Result<std::vector<TopicOffset>>, end_offsets, (const std::string&, std::chrono::milliseconds),
                (override));
};

class MockKeyValueStore : public KeyValueStore {
public:
    MOCK_METHOD(Status, ping, (), (override));
    MOCK_METHOD(Status, send, (std::span<const StoreCommand>), (override));
    MOCK_METHOD(Status, receive, (std::vector<StoreReply>&), (override));
    MOCK_METHOD(void, close, (), (noexcept, override));
};

class MockHttpClient : public HttpClient {
public:
    MOCK_METHOD(Result<HttpResponse>, get, (const HttpRequest&, std::stop_token), (override));
};

class MockClock : public Clock {
public:
    MOCK_METHOD(steady_time, now, (), (const, noexcept, override));
    MOCK_METHOD(system_time, system_now, (), (const, noexcept, override));
    MOCK_METHOD(void, wait_until,
                (std::unique_lock<std::mutex>&, std::condition_variable_any&, steady_time, std::stop_token),
                (override));
};

class MockPlatform : public Platform {
public:
    MOCK_METHOD(std::unique_ptr<MessageConsumer>, consumer, (const KafkaOptions&, const ConsumerOptions&), (override));
    MOCK_METHOD(std::unique_ptr<MessageProducer>, producer, (const KafkaOptions&, const ProducerOptions&), (override));
    MOCK_METHOD(std::unique_ptr<TopicAdmin>, topics, (const KafkaOptions&), (override));
    MOCK_METHOD(std::unique_ptr<LagProbe>, lag, (const KafkaOptions&), (override));
    MOCK_METHOD(std::unique_ptr<KeyValueStore>, store, (const RedisOptions&), (override));
    MOCK_METHOD(std::unique_ptr<HttpClient>, http, (const HttpOptions&), (override));
    MOCK_METHOD(Clock&, clock, (), (override));
};

class MockErrorHandler : public ErrorHandler {
public:
    MOCK_METHOD(Decision, handle_processing_error, (const Failure&), (override));
};

class MockMetricsCollector : public MetricsCollector {
public:
    MOCK_METHOD(std::shared_ptr<FlowMetrics>, flow, (const FlowLabels&), (override));
    MOCK_METHOD(void, record_success, (const FlowLabels&, std::chrono::nanoseconds), (override));
    MOCK_METHOD(void, record_failure, (const FlowLabels&, std::string_view), (override));
    MOCK_METHOD(void, show, (std::weak_ptr<const MetricsView>), (override));
    MOCK_METHOD(std::string, scrape, (), (const, override));
    MOCK_METHOD((std::vector<std::pair<FlowLabels, FlowCounts>>), flows, (), (const, override));
};

class MockConnector : public Connector {
public:
    MOCK_METHOD(Result<Response>, fetch, (const Request&), (override));
};

} // namespace streaming::mocks
