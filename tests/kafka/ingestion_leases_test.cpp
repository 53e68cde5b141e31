// Processes that share their sources.

#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "tests/kafka/ingestion_test.hpp"

namespace tests {
namespace {

namespace testing_support = streaming::testing_support;
using testing_support::ChildProcess;

/// A source belongs to one of two processes by a hash of names that nobody chooses: that one of them has none at all
/// must be as good as impossible (with 6 it happens in one run of 32, with 20 in one of 524,288).
constexpr std::size_t kSources = 20;

class IngestionLeases : public IngestionTest {
protected:
    using Polls = std::vector<NumberedApi::Poll>;
    using Owners = std::map<std::string, std::set<std::string>>; ///< path -> who asked for it

    [[nodiscard]] std::string write(const NumberedApi& api, const std::string& process) {
        std::string text = surroundings(api) + "sharing: {mode: leases}\nsources:\n";
        for (std::size_t i = 0; i < kSources; ++i) {
            text += source(fmt::format("shared-{}", i), 0.5, process);
        }
        return files_.write(process + ".yaml", text);
    }
    /// Of the polls from the `first` on.
    [[nodiscard]] static Owners owners(const Polls& polls, std::size_t first) {
        Owners owners;
        for (std::size_t i = first; i < polls.size(); ++i) {
            owners[polls[i].path].insert(polls[i].process);
        }
        return owners;
    }
    /// Each source was asked for by one process, and both asked.
    [[nodiscard]] static bool is_split(const Owners& owners) {
        std::set<std::string> processes;
        for (const auto& [path, who] : owners) {
            processes.insert(who.begin(), who.end());
        }
        return owners.size() == kSources && processes.size() == 2 &&
               std::ranges::all_of(owners, [](const auto& owner) { return owner.second.size() == 1; });
    }
};

TEST_F(IngestionLeases, TheSourcesOfAKilledProcessArePolledByTheOtherWithinTenSeconds) {
    constexpr std::size_t kRounds = 5; // of polls of all sources
    NumberedApi api({.per_answer = 1, .window = 200});
    ChildProcess one = start({write(api, "one")});
    ChildProcess two = start({write(api, "two")});
    // Both have their share: nobody asks for what is another's any more.
    ASSERT_TRUE(api.await(
        [](const Polls& polls) {
            return polls.size() >= kRounds * kSources && is_split(owners(polls, polls.size() - kRounds * kSources));
        },
        60s))
        << log();
    const std::size_t split = api.polls().size() - kRounds * kSources;
    ASSERT_TRUE(api.await_more(2 * kRounds * kSources));
    const Owners before = owners(api.polls(), split);
    EXPECT_TRUE(is_split(before)) << ::testing::PrintToString(before);

    two.kill9();
    const auto killed = std::chrono::steady_clock::now();
    std::size_t first = api.polls().size();
    ASSERT_TRUE(api.await([&](const Polls& polls) { // what the other had asked for may still come to the API
        const Owners now = owners(polls, first);
        return std::ranges::count_if(now, [](const auto& owner) { return owner.second.contains("one"); }) == kSources;
    })) << log();
    const auto moved = std::chrono::duration<double>(std::chrono::steady_clock::now() - killed);
    EXPECT_LT(moved, 20s) << "10 s, and what the machine may add";
    first = api.polls().size();
    ASSERT_TRUE(api.await_more(kSources));
    for (const auto& [path, who] : owners(api.polls(), first)) {
        EXPECT_EQ(who, std::set<std::string>{"one"}) << path;
    }
    api.freeze();
    const auto account = await_ingested(servers(), out_, api.served());
    EXPECT_EQ(account.missing, 0U) << account;
    EXPECT_EQ(account.two_ids, 0U) << account;
    EXPECT_EQ(account.other_content, 0U) << account;
    end(one);
    const auto shares = [&](const std::string& process) {
        return std::ranges::count_if(before, [&](const auto& owner) { return owner.second.contains(process); });
    };
    std::cout << shares("one") << " and " << shares("two") << " sources; moved after " << moved.count() << " s, "
              << account << "\n";
}

} // namespace
} // namespace tests
