#include "core/streaming/ingestion/glob.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streaming {
namespace {

struct Case {
    std::string pattern;
    std::vector<std::string> fits;
    std::vector<std::string> not_fits;
};

void check(const std::vector<Case>& cases) {
    for (const auto& [pattern, fits, not_fits] : cases) {
        for (const auto& name : fits) {
            EXPECT_TRUE(Glob(pattern).matches(name)) << pattern << " " << name;
        }
        for (const auto& name : not_fits) {
            EXPECT_FALSE(Glob(pattern).matches(name)) << pattern << " " << name;
        }
    }
}

/// What it must agree with, in exponential time.
bool slow_match(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) {
        return name.empty();
    }
    if (pattern.front() == '*') {
        return slow_match(pattern.substr(1), name) || (!name.empty() && slow_match(pattern, name.substr(1)));
    }
    return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
           slow_match(pattern.substr(1), name.substr(1));
}

TEST(Glob, StarIsAnyTextAndQuestionMarkOneByte) {
    check({{"*weather*", {"weather", "noaa_weather_ca"}, {"", "wether", "noaa_Weather"}},
           {"firms_????", {"firms_viir"}, {"firms_", "firms_viirs", "xfirms_viir"}},
           {"a*b*c", {"abc", "aXbYc", "abbcc"}, {"ab", "acb", "abcd"}},
           {"*", {"", "x"}, {}},
           {"", {""}, {"x"}},
           {"plain.name", {"plain.name"}, {"plainxname", "plain.name "}}});
}

TEST(Glob, ClassIsOneByteOfThese) {
    check({{"iot_[0-9a]", {"iot_0", "iot_9", "iot_a"}, {"iot_", "iot_b", "iot_00", "iot_-"}},
           {"[!ab]x", {"cx", "]x"}, {"ax", "bx", "x"}},
           {"[^0-9]", {"a"}, {"5"}},
           {"[]]", {"]"}, {"["}},
           {"[!]]", {"["}, {"]"}},
           {"[a-]", {"a", "-"}, {"b"}},
           {"[*]?", {"*x"}, {"xx"}},
           {"open[a", {"open[a"}, {"opena"}},
           {"[", {"["}, {""}},
           {"[z-a]", {}, {"a", "z", "m"}}});
}

TEST(Glob, LongPatternsGoOnInTheNextWord) {
    for (const std::size_t length : {63U, 64U, 65U, 127U, 128U, 200U}) {
        const std::string name(length, 'n');
        EXPECT_TRUE(Glob(name).matches(name)) << length;
        EXPECT_FALSE(Glob(name).matches(name + "n")) << length;
        EXPECT_FALSE(Glob(name).matches(name.substr(1))) << length;
        EXPECT_TRUE(Glob("*" + name + "*").matches("x" + name + "y")) << length;
    }
}

TEST(Glob, AgreesWithTryingEverything) {
    const std::string_view letters = "ab*?";
    for (unsigned number = 0; number < 4 * 4 * 4 * 4 * 4; ++number) {
        std::string pattern;
        for (unsigned rest = number, i = 0; i < 5; ++i, rest /= 4) {
            pattern += letters[rest % 4];
        }
        const Glob glob(pattern);
        for (unsigned bits = 0; bits < 64; ++bits) {
            std::string name;
            for (unsigned i = 0; i < bits % 7; ++i) {
                name += (bits >> i & 1U) != 0 ? 'a' : 'b';
            }
            ASSERT_EQ(glob.matches(name), slow_match(pattern, name)) << pattern << " " << name;
        }
    }
}

/// Patterns that make a matcher which tries again take 2^n or n^2 steps.
TEST(Glob, WorkGrowsWithTheNameAlone) {
    std::string stars;
    for (int i = 0; i < 31; ++i) {
        stars += "a*";
    }
    const std::vector<std::string> patterns{"a****************************b", stars + "b", "*aaaaaaaaaaaaaaaaaaaaab",
                                            "*a*a*a*a*a*a*a*a*a*[!a]"};
    for (const auto& pattern : patterns) {
        const Glob glob(pattern);
        for (const std::size_t length : {1'000U, 10'000U, 100'000U}) {
            std::size_t steps = 0;
            EXPECT_FALSE(glob.matches(std::string(length, 'a'), steps)) << pattern;
            EXPECT_EQ(steps, length) << pattern;
        }
    }
}

} // namespace
} // namespace streaming
