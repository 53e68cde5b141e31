#include <algorithm>
#include <future>

#include "tests/support/stream_manager_fixture.hpp"

// A service that has sources only: a broker that goes away later is seen by acknowledgements that stay away.
namespace {

using namespace std::chrono_literals;
using namespace streaming;
using testing::HasSubstr;

class BrokerAway : public tests::StreamManagerFixture {
protected:
    BrokerAway() {
        answer(R"([{"id": "a"}])");
        manager(settings_with("sensors", web_source()));
    }
    ~BrokerAway() override {
        platform_.broker().set_down(false);
        platform_.broker().release_acks();
    }

    PartHealth kafka() const {
        const std::vector<PartHealth> parts = manager_->service().health().parts;
        const auto found = std::ranges::find(parts, "kafka", &PartHealth::name);
        EXPECT_EQ(std::ranges::count(parts, "kafka", &PartHealth::name), 1);
        return found != parts.end() ? *found : PartHealth{};
    }
    void expect_away(const std::string& why) const {
        EXPECT_FALSE(manager_->service().health().ready());
        EXPECT_FALSE(kafka().ready);
        EXPECT_TRUE(kafka().alive);
        EXPECT_THAT(kafka().detail, HasSubstr(why));
        const nlohmann::json producer = manager_->get_metrics()["producer"];
        EXPECT_EQ(producer["healthy"], false);
        EXPECT_EQ(producer["kafka_connected"], false);
        EXPECT_EQ(producer["detail"], kafka().detail);
        EXPECT_THAT(page(), HasSubstr("tributary_wrapper_kafka_connected{service=\"stream_manager\"} 0"));
    }
    void expect_there() const {
        EXPECT_TRUE(kafka().ready);
        EXPECT_EQ(kafka().detail, "");
        const nlohmann::json producer = manager_->get_metrics()["producer"];
        EXPECT_EQ(producer["healthy"], true);
        EXPECT_EQ(producer["kafka_connected"], true);
        EXPECT_FALSE(producer.contains("detail"));
        EXPECT_THAT(page(), HasSubstr("tributary_wrapper_kafka_connected{service=\"stream_manager\"} 1"));
        EXPECT_THAT(page(), HasSubstr("tributary_wrapper_healthy{service=\"stream_manager\"} 1"));
    }

private:
    std::string page() const { return manager_->service().metrics().scrape(); }
};

TEST_F(BrokerAway, IsNotReadyWhileRecordsWaitForAcknowledgements) {
    platform_.broker().hold_acks(); // as one that hangs
    (void)manager_->start_all();
    await_records("readings", 1);
    expect_there();
    platform_.clock().advance(11s);
    await([this] { return !kafka().ready; });
    expect_away("nothing was acknowledged for 11 s");
    platform_.broker().release_acks();
    await([this] { return kafka().ready && kafka().detail.empty(); });
    await_idle();
    expect_there();
}

TEST_F(BrokerAway, IsNotReadyWhenTheBrokerDoesNotAnswerAndSaysWhy) {
    (void)manager_->start_all();
    await_records("readings", 1);
    await_idle();
    expect_there();
    platform_.broker().set_down(true);
    answer(R"([{"id": "b"}])");
    platform_.clock().advance(30s);
    await([this] { return !kafka().ready; });
    expect_away("the fake broker is down");
    platform_.broker().set_down(false);
    await([this] {
        platform_.clock().advance(1s); // to the next attempt, wherever it is
        return kafka().ready;
    });
    await([this] { return manager_->get_metrics()["producer"]["total_sent"] == 2; });
}

TEST_F(BrokerAway, IsNobodysTroubleWhenTheLastSourceIsGone) {
    platform_.broker().hold_acks();
    (void)manager_->start_all();
    await_records("readings", 1);
    platform_.clock().advance(11s);
    await([this] { return !kafka().ready; });
    auto stopped = std::async(std::launch::async, [this] { // waits for the acknowledgement, as long as it may
        return manager_->stop_stream(manager_->streams().begin()->first);
    });
    await([&] {
        platform_.clock().advance(1s);
        return stopped.wait_for(0s) == std::future_status::ready;
    });
    EXPECT_FALSE(stopped.get().ok());
    EXPECT_TRUE(kafka().ready);
}

} // namespace
