#include "core/streaming/infrastructure/event_id.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

Uuid derive(std::vector<std::string_view> parts, std::uint64_t index, Time time = Time(1'700'000'000'000ms)) {
    return derive_uuid_v8(time, parts, index);
}

unsigned version(const Uuid& uuid) { return uuid[6] >> 4U; }
unsigned variant(const Uuid& uuid) { return uuid[8] >> 6U; }

std::uint64_t milliseconds(const Uuid& uuid) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        value = value << 8U | uuid[i];
    }
    return value;
}

TEST(UuidV7, HasTimeVersionAndVariantOfTheStandard) {
    const auto before =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    const Uuid uuid = make_uuid_v7();
    EXPECT_EQ(version(uuid), 7U);
    EXPECT_EQ(variant(uuid), 2U);
    EXPECT_GE(milliseconds(uuid), static_cast<std::uint64_t>(before));
}

TEST(UuidV7, IncreasesWithinAThreadAndIsUniqueAcrossThreads) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kIds = 20'000; // more than a millisecond's counter holds
    std::vector<std::vector<Uuid>> made(kThreads);
    {
        std::vector<std::jthread> threads;
        for (auto& ids : made) {
            threads.emplace_back([&ids] { std::generate_n(std::back_inserter(ids), kIds, make_uuid_v7); });
        }
    }
    std::set<Uuid> all;
    for (const auto& ids : made) {
        EXPECT_TRUE(std::ranges::is_sorted(ids, std::ranges::less_equal{}) &&
                    std::ranges::adjacent_find(ids) == ids.end());
        all.insert(ids.begin(), ids.end());
    }
    EXPECT_EQ(all.size(), kThreads * kIds);
}

TEST(UuidV7, DrawsOtherRandomBitsAfterAFork) {
    static_cast<void>(make_uuid_v7()); // seeds this thread
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    const Uuid mine = make_uuid_v7();
    if (child == 0) {
        const bool written = write(ends[1], mine.data(), mine.size()) == static_cast<ssize_t>(mine.size());
        _exit(written ? 0 : 1);
    }
    Uuid theirs{};
    EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), static_cast<ssize_t>(theirs.size()));
    waitpid(child, nullptr, 0);
    close(ends[0]);
    close(ends[1]);
    EXPECT_FALSE(std::equal(mine.begin() + 9, mine.end(), theirs.begin() + 9));
}

TEST(UuidV8, IsAPureFunctionOfItsInput) {
    const Uuid uuid = derive({"id", "group"}, 3);
    EXPECT_EQ(uuid, derive({"id", "group"}, 3));
    EXPECT_EQ(version(uuid), 8U);
    EXPECT_EQ(variant(uuid), 2U);
    EXPECT_EQ(milliseconds(uuid), 1'700'000'000'000U);
    EXPECT_EQ(to_string(uuid), "018bcfe5-6800-8c75-a477-58ed9c1f91d0"); // must never change: ids of other releases
}

TEST(UuidV8, DependsOnEveryPartTheirBordersTheIndexAndTheTime) {
    const std::set<Uuid> all = {derive({"ab", "c"}, 0),     derive({"a", "bc"}, 0),
                                derive({"abc"}, 0),         derive({"ab", "c"}, 1),
                                derive({"ab", "c", ""}, 0), derive({"ab", "c"}, 0, Time(1'700'000'000'001ms))};
    EXPECT_EQ(all.size(), 6U);
}

TEST(UuidV8, TakesLongParts) {
    const std::string near_the_border(480, 'x');
    const std::string beyond(100'000, 'x');
    EXPECT_NE(derive({near_the_border}, 0), derive({near_the_border + "x"}, 0));
    EXPECT_EQ(derive({beyond}, 0), derive({beyond}, 0));
    EXPECT_NE(derive({beyond}, 0), derive({beyond}, 1));
}

TEST(UuidText, SurvivesARoundTrip) {
    const Uuid uuid = make_uuid_v7();
    EXPECT_EQ(parse_uuid(to_string(uuid)), uuid);
    EXPECT_EQ(
        to_string(Uuid{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}),
        "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(UuidText, ReadsCanonicalTextOnly) {
    for (const std::string_view text :
         {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
          "00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff----",
          "0011223-34455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
          "{0112233-4455-6677-8899-aabbccddeef}", "00112233-4455-6677-8899-aabbccddee\xC3\xA4"}) {
        EXPECT_EQ(parse_uuid(text), std::nullopt) << text;
    }
}

} // namespace
} // namespace streaming
