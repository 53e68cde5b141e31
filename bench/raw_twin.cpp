// The fastest correct bare program we could write for each leg: what the framework is measured against.

#include <array>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>

#include "bench/raw_legs.hpp"

int main(int argc, char** argv) {
    using namespace bench::raw;
    constexpr std::array<std::pair<std::string_view, void (*)(const bench::LegOptions&)>, 9> kLegs{
        {{"consume", run_consume},
         {"copy", run_copy},
         {"typed", run_typed},
         {"typed_whole", run_typed_whole},
         {"dedup", run_dedup},
         {"one_at_a_time", run_one_at_a_time},
         {"slow", run_slow},
         {"wrapper", run_wrapper},
         {"start", run_start}}};
    bench::LegOptions options;
    if (options.take(std::span<char* const>(argv + 1, static_cast<std::size_t>(argc - 1)))) {
        for (const auto& [name, run] : kLegs) {
            if (name == options.leg) {
                run(options);
                return 0;
            }
        }
    }
    std::fprintf(stderr,
                 "usage: tributary_raw_twin --leg NAME --brokers H:P --topic T --group G --records N [--out T] "
                 "[--redis H:P --distinct N] [--fetch-wait MS]\n");
    return 2;
}
