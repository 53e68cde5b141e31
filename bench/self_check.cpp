#include <cstdio>
#include <set>
#include <string_view>

#include "bench/observation.hpp"
#include "bench/suite.hpp"

namespace bench {
namespace {

int wrong = 0;

void expect(bool holds, std::string_view what) {
    if (!holds) {
        std::fprintf(stderr, "self-check: %.*s\n", static_cast<int>(what.size()), what.data());
        ++wrong;
    }
}

void check_statistics() {
    expect(median({}) == 0.0, "the median of nothing is 0");
    expect(median({3.0, 1.0, 2.0}) == 2.0, "the median of an odd number of values is the middle one");
    expect(median({4.0, 1.0, 2.0, 3.0}) == 2.5, "the median of an even number of values lies between the middle ones");
    std::vector<double> hundred;
    for (int value = 100; value > 0; --value) {
        hundred.push_back(value);
    }
    expect(percentile(hundred, 50.0) == 50.0, "p50 of 1..100 is 50");
    expect(percentile(hundred, 99.0) == 99.0, "p99 of 1..100 is 99");
    expect(percentile(hundred, 99.9) == 100.0, "p99.9 of 1..100 is 100");
}

void check_report() {
    Line line{.leg = "copy",
              .quantity = "records/s",
              .twin = {100.0, 300.0, 200.0},
              .ours = {150.0},
              .budget = Line::Budget{.limit = Line::Limit::at_least, .value = 0.8}};
    const std::vector<std::string> wanted{"copy", "records/s", "200 (100 - 300)", "150", "75 %", ">= 80 %", "short"};
    expect(Report::cells(line) == wanted, "a line shows medians, ranges, the ratio and whether the budget is met");
    line.compare = Line::Compare::difference;
    line.budget = Line::Budget{.limit = Line::Limit::at_most, .value = -50.0};
    expect(Report::cells(line).back() == "met", "a difference is measured against its budget");
}

void check_observations() {
    const Observations input{.records = 5000};
    std::set<PackedId> ids;
    ObservationParser parser;
    std::string payload;
    for (std::size_t sequence = 0; sequence < input.records; ++sequence) {
        payload.clear();
        input.write(sequence, payload);
        PackedId id{};
        expect(pack(parser.id(payload), id) && id == input.id(sequence), "an observation holds its id");
        ids.insert(id);
    }
    expect(ids.size() == input.distinct() && ids.size() == 4960, "every 100th id repeats one, but for the last 1,000");
    payload.clear();
    write_numbered_observation(77, payload);
    std::string converted;
    expect(parser.convert(payload, converted) && number_of(converted) == 77U, "a number survives the conversion");
    PackedId none{};
    expect(!pack("no uuid", none) && !pack(std::string(36, 'x'), none), "other text is no UUID");
}

} // namespace

int run_self_check() {
    check_statistics();
    check_report();
    check_observations();
    return wrong == 0 ? 0 : 1;
}

} // namespace bench
