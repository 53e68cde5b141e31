#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/ingestion/batch_cursor.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/mode_fixture.hpp"

namespace services::ingest {
namespace {

using namespace std::chrono_literals;
using streaming::Clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr auto kTable =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n28.03833,96.14342,339.68,0.45,0.47,2025-12-31,614,N,VIIRS,n,2.0NRT,287.9,4.22,D\n";

/// FIRMS, with one fire.
class OneFire final : public streaming::HttpClient {
public:
    streaming::Result<streaming::HttpResponse> get(const streaming::HttpRequest& request, std::stop_token) override {
        urls.push_back(request.url);
        return streaming::HttpResponse{.status = 200, .body = kTable};
    }
    std::vector<std::string> urls{};
};

/// Sources that poll FIRMS every ten minutes, and fetch thirty days of the past beside, each at its own time.
class FirmsBackfill : public streaming::testing_support::ModeFixture {
protected:
    struct Source {
        std::string name{};
        std::unique_ptr<streaming::IngestionMode> mode{};
        streaming::SourceParts parts{};
        streaming::PollPlan plan{};
        std::optional<Clock::steady_time> busy_until{};
    };

    FirmsBackfill() {
        add_source_types(types_);
        settings_.source_type = "nasa_firms";
        settings_.ingestion = {.mode = streaming::IngestionKind::batch,
                               .schedule_interval = 10min,
                               .backfill_from = "2025-12-01",
                               .backfill_to = "2025-12-31",
                               .backfill_window = std::chrono::days(5)};
    }
    std::string problem() {
        const auto parts =
            types_.make({.name = "s", .settings = settings_, .endpoint = "http://firms", .clock = clock});
        return parts ? "" : parts.error().message;
    }
    std::vector<Source> sources() {
        std::vector<Source> all;
        for (const char* product : {"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "MODIS_SP"}) {
            settings_.custom_params = {{"map_key", "5ecret"}, {"product", product}};
            auto parts =
                types_.make({.name = product, .settings = settings_, .endpoint = "http://firms", .clock = clock});
            EXPECT_TRUE(parts.ok()) << parts.error().message;
            all.push_back({.name = product,
                           .mode = make(settings_.ingestion, all.size(), product),
                           .parts = std::move(parts).value()});
        }
        return all;
    }

    /// What the runtime does, for so long; no more than so many windows of the past.
    void run(std::vector<Source>& sources, std::chrono::minutes time, std::size_t most_windows) {
        const std::size_t before = past_.size();
        for (const auto end = clock.now() + time; clock.now() < end;) {
            auto next = end;
            for (Source& source : sources) {
                step(source, past_.size() - before < most_windows);
                next = std::min(next, source.busy_until.value_or(source.mode->next_poll({}).due));
            }
            clock.advance(std::max(next - clock.now(), Clock::steady_time::duration(100ms)));
        }
    }

    streaming::SourceTypes types_{};
    streaming::SourceSettings settings_{};
    OneFire http_{};
    std::vector<std::string> past_{};                    ///< windows that were asked for
    std::vector<Clock::steady_time::duration> delays_{}; ///< of live polls

private:
    void step(Source& source, bool past_too) {
        if (source.busy_until && *source.busy_until <= clock.now()) {
            source.busy_until.reset();
            source.mode->poll_ended(source.plan, {.ok = true, .rows = 1, .new_rows = 1});
            source.mode->poll_settled(source.plan, true);
        }
        const streaming::PollPlan plan = source.mode->next_poll({});
        if (source.busy_until || plan.due > clock.now() || (plan.window && !past_too)) {
            return;
        }
        source.mode->poll_started(plan);
        source.plan = plan;
        source.busy_until = clock.now() + (plan.window ? 20s : 5s);
        EXPECT_TRUE(source.parts.connector->fetch({.http = http_, .stop = {}, .window = plan.window}).ok());
        if (plan.window) {
            past_.push_back(http_.urls.back());
        } else {
            delays_.push_back(clock.now() - plan.due);
        }
    }
};

TEST_F(FirmsBackfill, ThirtyDaysOfThreeSourcesAreEighteenCallsWhateverIsKilled) {
    {
        auto before = sources();
        run(before, 30min, 7);
    } // killed
    EXPECT_THAT(past_, SizeIs(7));
    auto after = sources();
    run(after, 60min, 100);
    EXPECT_THAT(past_, SizeIs(18));
    std::vector<std::string> days;
    for (const std::string& url : std::set(past_.begin(), past_.end())) {
        if (url.find("MODIS_SP") != std::string::npos) {
            days.push_back(url.substr(url.find("world/")));
        }
    }
    EXPECT_THAT(std::set(past_.begin(), past_.end()), SizeIs(18));
    EXPECT_THAT(days, ElementsAre("world/5/2025-12-01", "world/5/2025-12-06", "world/5/2025-12-11",
                                  "world/5/2025-12-16", "world/5/2025-12-21", "world/5/2025-12-26"));
    // Every ten minutes, first at the start, whatever the past.
    EXPECT_GE(delays_.size(), 27U);
    EXPECT_LE(*std::ranges::max_element(delays_), 1s);
}

TEST_F(FirmsBackfill, ACursorThatWasSavedWithinADayNeverAsksForMoreThanACallGives) {
    // Without an end it ended at the time of the first start; now it shall go on from there.
    const auto stopped = streaming::parse_rfc3339("2025-12-07T09:30:00Z").value();
    ASSERT_TRUE(cursors
                    .save("VIIRS_SNPP_NRT",
                          streaming::detail::BatchCursor{
                              .last_run = clock.system_now(),
                              .backfill = {{.from = streaming::parse_backfill_time("2025-12-01").value(),
                                            .to = stopped,
                                            .done_to = stopped}}}
                              .to_text())
                    .ok());
    auto all = sources();
    all.resize(1);
    run(all, 60min, 100);
    std::vector<std::string> days;
    for (const std::string& url : past_) {
        days.push_back(url.substr(url.find("world/")));
    }
    EXPECT_THAT(days, ElementsAre("world/5/2025-12-07", "world/5/2025-12-12", "world/5/2025-12-17",
                                  "world/5/2025-12-22", "world/4/2025-12-27"));
}

TEST_F(FirmsBackfill, ARowOfThePastIsTheEventThatItWasWhenItWasNew) {
    settings_.custom_params = {{"map_key", "5ecret"}};
    auto all = sources();
    const auto id = [&](std::optional<streaming::TimeWindow> window) {
        auto answer = all[0].parts.connector->fetch({.http = http_, .stop = {}, .window = window});
        streaming::SourceContext context({.service = "s", .source = "s", .log = log, .now = clock.system_now()}, {});
        all[0].parts.handler(answer.value(), context);
        return context.rows().at(0).id;
    };
    EXPECT_EQ(id({}),
              id(streaming::TimeWindow{.from = clock.system_now() - std::chrono::days(1), .to = clock.system_now()}));
}

TEST_F(FirmsBackfill, WindowsOfFiveDaysEndAtMidnight) {
    settings_.custom_params = {{"map_key", "5ecret"}};
    EXPECT_EQ(problem(), "");
    settings_.ingestion.backfill_from = "2025-12-01T12:00:00Z";
    EXPECT_EQ(problem(), "") << "the first is shorter";
    settings_.ingestion.backfill_from = "2025-12-01";
    settings_.ingestion.backfill_window = std::chrono::hours(100);
    EXPECT_THAT(problem(), HasSubstr("is more than 345600"));
    settings_.ingestion.backfill_window = std::chrono::days(6);
    EXPECT_THAT(problem(), HasSubstr("ingestion.backfill_window_seconds: 518400 is more than 432000"));
}

} // namespace
} // namespace services::ingest
