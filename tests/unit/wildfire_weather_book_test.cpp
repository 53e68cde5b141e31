#include "services/wildfire_alerts/weather_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace services::wildfire_alerts {
namespace {

using namespace std::chrono_literals;
using testing::DoubleNear;

TEST(Distance, IsThatOfTheGreatCircle) {
    const Place nowhere{};
    EXPECT_EQ(distance_km(nowhere, nowhere), 0);
    EXPECT_THAT(distance_km(nowhere, {.latitude = 0, .longitude = 1}), DoubleNear(111.195, 0.001));
    EXPECT_THAT(distance_km(nowhere, {.latitude = 0, .longitude = 180}), DoubleNear(20015.115, 0.001));
    EXPECT_THAT(distance_km({.latitude = 10, .longitude = 179.5}, {.latitude = 10, .longitude = -179.5}),
                DoubleNear(109.506, 0.01));
    // Heathrow to Kennedy: 5,554 km along the ellipsoid.
    EXPECT_THAT(distance_km({.latitude = 51.4700, .longitude = -0.4543}, {.latitude = 40.6413, .longitude = -73.7781}),
                DoubleNear(5540, 5));
}

constexpr auto kAny = [](std::size_t) { return true; };

TEST(PlaceIndex, FindsWhatASearchOfAllFinds) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> sine(-1, 1);
    std::uniform_real_distribution<double> longitude(-180, 180);
    const auto place = [&] {
        return Place{.latitude = degrees(std::asin(sine(random))), .longitude = longitude(random)};
    };
    std::vector<Place> places{{.latitude = 90}, {.latitude = -90}, {.longitude = 180}, {.longitude = -180}};
    while (places.size() < 3000) {
        places.push_back(place());
    }
    PlaceIndex index;
    for (std::size_t i = 0; i < places.size(); ++i) {
        index.put(i, places[i]);
    }
    std::vector<Place> from{{.latitude = 89.9},
                            {.latitude = -89.9, .longitude = 12},
                            {.latitude = 60, .longitude = 179.9},
                            {.latitude = -60, .longitude = -179.9},
                            {.latitude = 90},
                            {.longitude = 180}};
    while (from.size() < 500) {
        from.push_back(place());
    }
    std::size_t found_some = 0;
    for (const Place& here : from) {
        double nearest = 150;
        bool any = false;
        for (const Place& there : places) {
            any = any || distance_km(here, there) <= 150;
            nearest = std::min(nearest, distance_km(here, there));
        }
        const auto found = index.nearest(here, 150, kAny);
        ASSERT_EQ(found.has_value(), any) << here.latitude << " " << here.longitude;
        if (found) {
            ASSERT_EQ(found->distance_km, nearest) << here.latitude << " " << here.longitude;
            ++found_some;
        }
    }
    EXPECT_GT(found_some, 100U);
}

TEST(PlaceIndex, FindsAcrossTheDateLineAndThePole) {
    PlaceIndex index;
    index.put(1, {.latitude = 10, .longitude = -179.9});
    index.put(2, {.latitude = -10, .longitude = 179.9});
    index.put(3, {.latitude = 89.5, .longitude = 10});
    EXPECT_EQ(index.nearest({.latitude = 10, .longitude = 179.9}, 100, kAny)->id, 1U);
    EXPECT_EQ(index.nearest({.latitude = -10, .longitude = -179.9}, 100, kAny)->id, 2U);
    EXPECT_EQ(index.nearest({.latitude = 89.8, .longitude = -170}, 100, kAny)->id, 3U);
}

TEST(PlaceIndex, TakesTheNearestThatIsAccepted) {
    PlaceIndex index;
    index.put(1, {.latitude = 10, .longitude = 10});
    index.put(2, {.latitude = 10.5, .longitude = 10});
    EXPECT_EQ(index.nearest({.latitude = 10.1, .longitude = 10}, 100, kAny)->id, 1U);
    EXPECT_EQ(index.nearest({.latitude = 10.1, .longitude = 10}, 100, [](std::size_t id) { return id != 1; })->id, 2U);
    EXPECT_FALSE(index.nearest({.latitude = 10.1, .longitude = 10}, 10, kAny));
}

TEST(PlaceIndex, WhatMovesIsAtItsNewPlaceOnly) {
    PlaceIndex index;
    index.put(1, {.latitude = 10, .longitude = 10});
    index.put(1, {.latitude = 20, .longitude = 20});
    EXPECT_FALSE(index.nearest({.latitude = 10, .longitude = 10}, 100, kAny));
    EXPECT_EQ(index.nearest({.latitude = 20, .longitude = 20}, 100, kAny)->distance_km, 0);
}

constexpr Place kFire{.latitude = 38, .longitude = -105};
const WeatherBook::time_point kNow = time_of("2026-01-01T12:00:00Z", "now");

weather::Observation observation(const std::string& station, double latitude,
                                 const std::string& time = "2026-01-01T11:30:00Z") {
    return {.station = station,
            .observed_at = time,
            .place = Place{.latitude = latitude, .longitude = -105},
            .temperature_c = 20,
            .humidity_percent = 30,
            .wind_speed_kmh = 10};
}

/// The station whose weather is used, or "".
std::string nearest(const WeatherBook& book) {
    const auto found =
        book.nearest({.place = kFire, .max_distance_km = 150, .not_before = kNow - 3h, .not_after = kNow + 10min});
    return found ? found->station : "";
}

TEST(WeatherBook, UsesTheNearestStation) {
    WeatherBook book;
    EXPECT_EQ(nearest(book), "");
    EXPECT_TRUE(book.learn(observation("KFAR", 39)));
    EXPECT_TRUE(book.learn(observation("KNEAR", 38.5)));
    EXPECT_TRUE(book.learn(observation("KABROAD", 45)));
    EXPECT_EQ(nearest(book), "KNEAR");
}

TEST(WeatherBook, PassesOverStationsThatAreNotFreshOrDoNotMeasureEnough) {
    WeatherBook book;
    EXPECT_TRUE(book.learn(observation("KOLD", 38.1, "2026-01-01T08:59:00Z")));
    EXPECT_TRUE(book.learn(observation("KFUTURE", 38.2, "2026-01-01T13:00:00Z")));
    weather::Observation little = observation("KLITTLE", 38.3);
    little.wind_speed_kmh = std::nullopt;
    EXPECT_TRUE(book.learn(little));
    EXPECT_EQ(nearest(book), "");
    EXPECT_TRUE(book.learn(observation("KFAR", 39)));
    EXPECT_EQ(nearest(book), "KFAR");
}

TEST(WeatherBook, KeepsTheNewestObservationOfAStation) {
    WeatherBook book;
    EXPECT_TRUE(book.learn(observation("KBHM", 38.5, "2026-01-01T11:30:00Z")));
    EXPECT_FALSE(book.learn(observation("KBHM", 38.5, "2026-01-01T11:00:00Z")));
    weather::Observation revised = observation("KBHM", 38.5, "2026-01-01T11:30:00Z");
    revised.temperature_c = 25;
    EXPECT_TRUE(book.learn(revised));
    const auto found =
        book.nearest({.place = kFire, .max_distance_km = 150, .not_before = kNow - 3h, .not_after = kNow});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->values.temperature_c, 25);
    EXPECT_THAT(found->distance_km, DoubleNear(55.6, 0.1));
}

TEST(WeatherBook, TakesThePlaceFromTheStationWhereTheObservationHasNone) {
    WeatherBook book;
    weather::Observation nowhere = observation("KBHM", 0);
    nowhere.place = std::nullopt;
    EXPECT_TRUE(book.learn(nowhere));
    EXPECT_EQ(nearest(book), "");
    book.learn(weather::Station{.station = "KBHM", .place = kFire});
    EXPECT_EQ(nearest(book), "KBHM");
}

TEST(WeatherBook, RefusesATimeThatIsNone) {
    WeatherBook book;
    EXPECT_THROW((void)book.learn(observation("KBHM", 38.5, "noon")), streaming::PermanentError);
}

class RedFlagWarning : public testing::Test {
protected:
    RedFlagWarning() {
        book_.learn(weather::Station{.station = "KHERE", .place = kFire, .fire_zone = "fire/COZ222"});
        book_.learn(weather::Station{
            .station = "KTHERE", .place = Place{.latitude = 39, .longitude = -105}, .fire_zone = "fire/COZ238"});
    }
    static weather::Alert warning() {
        return {.id = "w",
                .event = "Red Flag Warning",
                .onset = "2026-01-01T10:00:00Z",
                .expires = "2026-01-01T11:00:00Z",
                .ends = "2026-01-01T18:00:00Z",
                .zones = {"fire/COZ222", "fire/COZ227"}};
    }
    std::string in_force(std::chrono::hours later = {}) const {
        return book_.red_flag_warning(kFire, 150, kNow + later).value_or("");
    }
    WeatherBook book_{};
};

TEST_F(RedFlagWarning, IsInForceFromItsOnsetToItsEnd) {
    EXPECT_EQ(in_force(), "");
    EXPECT_TRUE(book_.learn(warning()));
    EXPECT_EQ(in_force(), "w");
    EXPECT_EQ(in_force(-3h), "");
    EXPECT_EQ(in_force(6h), "");
}

TEST_F(RedFlagWarning, CountsInTheZoneOfTheNearestStation) {
    weather::Alert elsewhere = warning();
    elsewhere.zones = {"fire/COZ238", "forecast/COZ222"};
    EXPECT_TRUE(book_.learn(elsewhere));
    EXPECT_EQ(in_force(), "");
    EXPECT_EQ(book_.red_flag_warning({.latitude = 39, .longitude = -105.1}, 150, kNow), "w");
    EXPECT_EQ(book_.red_flag_warning({.latitude = 60, .longitude = -105.1}, 150, kNow), std::nullopt);
}

TEST_F(RedFlagWarning, IsOverWhenItEndsOrIsUpdatedOtherwise) {
    EXPECT_TRUE(book_.learn(warning()));
    book_.end("other");
    EXPECT_EQ(in_force(), "w");
    book_.end("w");
    EXPECT_EQ(in_force(), "");
    EXPECT_TRUE(book_.learn(warning()));
    weather::Alert smaller = warning();
    smaller.zones = {"fire/COZ227"};
    EXPECT_TRUE(book_.learn(smaller));
    EXPECT_EQ(in_force(), "");
    EXPECT_TRUE(book_.learn(warning()));
    weather::Alert cancelled = warning();
    cancelled.vtec = {"/O.CAN.KPUB.FW.W.0036.000000T0000Z-260102T0000Z/"};
    EXPECT_TRUE(book_.learn(cancelled));
    EXPECT_EQ(in_force(), "");
}

TEST_F(RedFlagWarning, OtherAlertsAreNone) {
    weather::Alert watch = warning();
    watch.event = "Fire Weather Watch";
    EXPECT_FALSE(book_.learn(watch));
    EXPECT_EQ(in_force(), "");
}

} // namespace
} // namespace services::wildfire_alerts
