#include "core/streaming/ingestion/producer_wrapper.hpp"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/kafka_fixture.hpp"
#include "tests/support/kafka_reader.hpp"

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using testing_support::read_topic;

constexpr std::int16_t kProduce = 0; // API key of the protocol
constexpr int kInvalidRecord = 87;
constexpr int kOutOfOrderSequence = 45;

/// A wrapper on a real producer; retries by a clock that the test moves.
class ProducerWrapperOnKafka : public testing_support::KafkaTest {
protected:
    void start(const ProducerOptions& options, const EmbeddedBroker& at) {
        producer_ = std::make_unique<KafkaMessageProducer>(kafka(at), options);
        ASSERT_TRUE(producer_->start(10s).ok());
        wrapper_ = std::make_unique<ProducerWrapper>(
            ProducerWrapper::Dependencies{.producer = *producer_,
                                          .clock = clock_,
                                          .log = log_,
                                          .on_progress =
                                              [this] {
                                                  const std::scoped_lock lock(progress_mutex_);
                                                  progress_ = true;
                                                  progressed_.notify_all();
                                              }},
            SendingOptions{.max_retries = 1}, "ingest", true);
    }
    ~ProducerWrapperOnKafka() override {
        if (producer_) {
            (void)producer_->stop(0ms);
        }
    }
    /// Until nothing is on its way, with retries that are due.
    void serve() {
        wrapper_->serve({});
        while (wrapper_->get_metrics().in_flight != wrapper_->get_metrics().waiting) {
            std::unique_lock lock(progress_mutex_);
            progressed_.wait(lock, [this] { return std::exchange(progress_, false); });
            lock.unlock();
            wrapper_->serve({});
        }
    }
    static std::vector<IngestionRecord> records(const std::string& topic, std::size_t count) {
        std::vector<IngestionRecord> all;
        for (const std::string& id : numbered(count)) {
            all.push_back({.id = id, .source = "stations", .topic = topic, .key = "k", .payload = id});
        }
        return all;
    }
    static std::vector<std::string> payloads(const EmbeddedBroker& at, const std::string& topic) {
        std::vector<std::string> all;
        for (const auto& record : read_topic(at.bootstrap_servers(), topic)) {
            all.push_back(record.payload.value_or(""));
        }
        return all;
    }

    fakes::FakeClock clock_{};
    std::unique_ptr<ProducerWrapper> wrapper_{};

private:
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::mutex progress_mutex_{};
    std::condition_variable progressed_{};
    bool progress_ = false;

protected:
    std::unique_ptr<KafkaMessageProducer> producer_{};
};

TEST_F(ProducerWrapperOnKafka, SendsOnceWhenABrokerThatWasAwayIsBack) {
    EmbeddedBroker away;
    ASSERT_TRUE(away.create_topic("t", 1).ok());
    start({.linger = 0ms, .delivery_timeout = 2s}, away); // what is given up is not sent again: enough for an answer
    away.set_down(true);
    wrapper_->send(records("t", 100), {});
    serve();
    for (int attempt = 0; attempt < 2; ++attempt) { // one more than there are retries
        EXPECT_EQ(wrapper_->get_metrics().waiting, 100);
        EXPECT_FALSE(wrapper_->health_check().kafka_connected);
        clock_.advance(30s);
        serve();
    }
    away.set_down(false);
    while (wrapper_->in_flight() > 0) {
        clock_.advance(30s);
        serve();
    }
    EXPECT_EQ(payloads(away, "t"), numbered(100));
    EXPECT_EQ(wrapper_->get_metrics().total_sent, 100);
    EXPECT_EQ(wrapper_->get_metrics().dead_lettered, 0);
    EXPECT_TRUE(wrapper_->health_check().healthy);
}

TEST_F(ProducerWrapperOnKafka, SaysThatABrokerIsAwayAlthoughNothingIsReported) {
    EmbeddedBroker away;
    ASSERT_TRUE(away.create_topic("t", 1).ok());
    start({.linger = 0ms}, away); // as in a service with sources: it goes on trying
    wrapper_->send(records("t", 1), {});
    serve();
    away.set_down(true);
    wrapper_->send(records("t", 100), {});
    EXPECT_TRUE(wrapper_->health_check().acknowledges);
    clock_.advance(60s);
    EXPECT_FALSE(wrapper_->health_check().acknowledges);
    EXPECT_FALSE(wrapper_->health_check().kafka_connected);
    EXPECT_EQ(wrapper_->health_check().detail, "records wait for the broker, nothing was acknowledged for 60 s");
    EXPECT_EQ(wrapper_->in_flight(), 100);
    away.set_down(false);
    serve();
    EXPECT_TRUE(wrapper_->health_check().healthy);
    EXPECT_EQ(wrapper_->get_metrics().total_sent, 101);
}

TEST_F(ProducerWrapperOnKafka, SendsAgainWhatWasOnItsWayWhenTheClientEnded) {
    EmbeddedBroker faulty;
    ASSERT_TRUE(faulty.create_topic("t", 1).ok());
    start({.linger = 0ms}, faulty);
    wrapper_->send(records("t", 1), {}); // the fault is one in a sequence
    serve();
    faulty.fail_next(kProduce, {kOutOfOrderSequence});
    wrapper_->send(records("t", 100), {});
    serve();
    for (int retry = 0; retry < 10 && wrapper_->in_flight() > 0; ++retry) {
        clock_.advance(1s);
        serve();
    }
    EXPECT_EQ(wrapper_->get_metrics().total_sent, 101U);
    EXPECT_EQ(wrapper_->get_metrics().uncertain, 0);
    EXPECT_EQ(wrapper_->get_metrics().dead_lettered, 0);
    EXPECT_GT(wrapper_->get_metrics().retry_count, 0U) << "the client did not end";
    const auto stored = payloads(faulty, "t");
    EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), 100U);
}

TEST_F(ProducerWrapperOnKafka, WaitsForRoomInTheProducersQueue) {
    const auto topic = make_topic();
    start({.linger = 1ms, .max_queued_records = 10}, broker());
    wrapper_->send(records(topic, 500), {});
    serve();
    EXPECT_EQ(payloads(broker(), topic), numbered(500));
    EXPECT_EQ(wrapper_->get_metrics().total_sent, 500);
}

TEST_F(ProducerWrapperOnKafka, GivesUpWhatFoundNoRoomWhenStopped) {
    EmbeddedBroker away;
    start({.linger = 0ms, .max_queued_records = 2}, away);
    away.set_down(true);
    std::stop_source stop;
    std::jthread drain([&] { wrapper_->send(records("t", 10), stop.get_token()); });
    stop.request_stop();
    drain.join();
    EXPECT_EQ(wrapper_->give_up(), 10);
    (void)producer_->stop(0ms);
    EXPECT_EQ(wrapper_->get_metrics().given_up, 10);
}

TEST_F(ProducerWrapperOnKafka, DeadLettersWhatTheBrokerFindsInvalid) {
    EmbeddedBroker strict;
    ASSERT_TRUE(strict.create_topic("t", 1).ok());
    start({.linger = 0ms}, strict);
    strict.fail_next(kProduce, {kInvalidRecord});
    wrapper_->send(records("t", 1), {});
    serve();
    EXPECT_EQ(wrapper_->get_metrics().dead_lettered, 1);
    const auto letters = read_topic(strict.bootstrap_servers(), "t.stations.dlq");
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].payload, numbered(1)[0]);
    EXPECT_EQ(letters[0].headers.find("tributary-error-class"), "SendFailed");
}

} // namespace
} // namespace streaming
