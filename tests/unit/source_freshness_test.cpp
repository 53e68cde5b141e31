#include <algorithm>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/orchestration/ingestion_status.hpp"
#include "tests/support/source_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A source whose answers say what time they are of.
class SourceFreshness : public tests::SourceFixture {
protected:
    static SourceOptions with_max_age(std::chrono::milliseconds max_age) {
        SourceOptions source = options();
        source.api = ApiClientOptions{.max_age = max_age};
        return source;
    }
    void start(const SourceOptions& options) {
        make(options);
        flow_->configure(options, nullptr, [this](const Response& answer, SourceContext& context) {
            read_words(answer, context);
            if (answer.body != "timeless") {
                context.payload_is_of(payload_ - 100h); // the newest counts
                context.payload_is_of(payload_);
            }
        });
    }
    [[nodiscard]] Clock::system_time now() { return platform_.clock().system_now(); }

    Clock::system_time payload_{};
};

TEST_F(SourceFreshness, DataThatIsOlderThanMaxAgeIsStaleAndTheSourceSaysSo) {
    answer("a");
    start(with_max_age(2h));
    payload_ = now() - 89h;
    run_due();
    const SourceStatus status = flow_->status();
    EXPECT_TRUE(status.stale);
    EXPECT_TRUE(status.ready) << "it does its work: what is old is not its fault";
    EXPECT_EQ(status.api->stale, 1U);
    EXPECT_DOUBLE_EQ(status.payload_age_seconds.value(), 89 * 3600.0);
    EXPECT_EQ(flow_->health().detail,
              "stale: its newest data is of 2025-12-28T07:00:00.000Z, longer ago than api.max_age_seconds (7200)");
    EXPECT_THAT(lines_of_log("warning"),
                ElementsAre(HasSubstr("source words: stale: its newest data is of 2025-12-28T07:00:00.000Z")));
    EXPECT_THAT(take(), ElementsAre("a")) << "old data is data";
}

TEST_F(SourceFreshness, FreshDataEndsItAndALongOneIsToldOnce) {
    answer("a");
    start(with_max_age(2h));
    payload_ = now() - 3h;
    run_for(10min);
    EXPECT_THAT(lines_of_log("warning"), SizeIs(1));
    payload_ = now() - 1h;
    run_for(30s);
    EXPECT_FALSE(flow_->status().stale);
    EXPECT_THAT(flow_->status().detail, IsEmpty());
    EXPECT_THAT(lines_of_log("info"), ElementsAre(HasSubstr("source words: its data is fresh again")));
    payload_ = now() - 3h; // by turns, as with stations
    run_for(30s);
    EXPECT_TRUE(flow_->status().stale);
    EXPECT_THAT(lines_of_log("warning"), SizeIs(1)) << "not each time";
}

TEST_F(SourceFreshness, WhatIsUnchangedGrowsOlder) {
    answer("a");
    start(with_max_age(2h));
    payload_ = now();
    run_for(1h);
    answer_ = [] { return Result<Response>(Response{.status = Response::kNothing}); };
    run_for(50min);
    EXPECT_FALSE(flow_->status().stale);
    run_for(90min);
    EXPECT_TRUE(flow_->status().stale);
    answer("timeless");
    run_for(30s);
    EXPECT_TRUE(flow_->status().stale) << "an answer that says no time tells nothing";
}

TEST_F(SourceFreshness, WithoutMaxAgeNothingIsStale) {
    answer("a");
    start(with_max_age(0ms));
    payload_ = now() - 1000h;
    run_due();
    EXPECT_FALSE(flow_->status().stale);
    EXPECT_DOUBLE_EQ(flow_->status().payload_age_seconds.value(), 1000 * 3600.0);
}

TEST_F(SourceFreshness, ThePastIsNotStale) {
    answer("a");
    SourceOptions batch = with_max_age(2h);
    batch.ingestion = {.mode = IngestionKind::batch,
                       .schedule_interval = 24h,
                       .backfill_from = "2025-12-01",
                       .backfill_to = "2025-12-02"};
    start(batch);
    payload_ = now();
    run_due();
    take_and_settle();
    payload_ = now() - 1000h; // the window
    const int before = fetches_;
    run_for(1h);
    EXPECT_GT(fetches_, before);
    EXPECT_FALSE(flow_->status().stale);
}

TEST_F(SourceFreshness, IsInTheNumbers) {
    answer("a");
    start(with_max_age(2h));
    payload_ = now() - 3h;
    run_due();
    detail::IngestionStatus status{.service = "service"};
    status.streams.push_back({.id = "stream", .source = flow_->status()});
    const auto shown = detail::numbers_of(status).at("streams").at("stream");
    EXPECT_EQ(shown.at("stale"), true);
    EXPECT_EQ(shown.at("payload_age_seconds"), 3 * 3600.0);
    const auto value_of = [samples = detail::samples_of(status)](const std::string& name) {
        const auto found = std::ranges::find(samples, name, &MetricSample::name);
        return found == samples.end() ? -1 : found->value;
    };
    EXPECT_EQ(value_of("tributary_source_stale_total"), 1);
    EXPECT_EQ(value_of("tributary_source_payload_age_seconds"), 3 * 3600.0);
}

/// Counts its fetches, across restarts.
class Counting final : public Connector {
public:
    Result<Response> fetch(const Request& request) override {
        if (request.cursors == nullptr) {
            return Response{.body = "nowhere"};
        }
        const auto before = request.cursors->load("words.count");
        const std::string count = before.value().value_or("") + "I";
        auto* const cursors = request.cursors;
        return Response{.body = count, .receipt = std::make_shared<Receipt>([cursors, count](bool delivered) {
                                           if (delivered) {
                                               EXPECT_TRUE(cursors->save("words.count", count).ok());
                                           }
                                       })};
    }
};

class SourceCursors : public tests::SourceFixture {
protected:
    void start(const SourceOptions& options) {
        make(options);
        flow_->configure(options, std::make_unique<Counting>(), read_words);
    }
};

TEST_F(SourceCursors, AConnectorRemembersHowFarItCame) {
    for (const char* count : {"I", "II", "III"}) {
        start(options()); // a restart
        run_due();
        EXPECT_THAT(take_and_settle(), ElementsAre(count));
        run_for(1s);
    }
    start(options());
    run_due();
    EXPECT_THAT(take_and_settle(Settlement::given_up), ElementsAre("IIII"));
    run_for(1s);
    EXPECT_EQ(cursors_.load("words.count").value(), "III");
}

TEST_F(SourceCursors, NothingIsRememberedOfWhatASourceInShadowDid) {
    SourceOptions shadow = options();
    shadow.shadow = true;
    start(shadow);
    run_for(10s);
    EXPECT_EQ(cursors_.load("words.count").value(), std::nullopt);
}

} // namespace
