#include "services/firms/decimal.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>

namespace services::firms {
namespace {

constexpr int kPlaces = 5;
constexpr double kScale = 1e5;

} // namespace

// A decimal of at most 15 digits is read back from its double (DBL_DIG), so no shorter one gives the same double: where
// value is whole / 1e5, correctly rounded, the digits of `whole` are the shortest. Below 1e-4 fmt writes an exponent.
void append_decimal(std::string& into, double value) {
    constexpr double kMost = 1e14;
    const double scaled = value * kScale;
    const bool in_range = std::abs(scaled) >= 10 && std::abs(scaled) < kMost; // false for 0, -0 and NaN
    const auto whole = in_range ? std::llround(scaled) : 0;
    if (static_cast<double>(whole) / kScale != value || whole == 0) {
        fmt::format_to(std::back_inserter(into), FMT_COMPILE("{}"), value);
        return;
    }
    std::array<char, 24> text{};
    char* at = text.data() + text.size();
    const char* last = at; // behind the last digit that counts
    auto rest = static_cast<std::uint64_t>(std::llabs(whole));
    const auto put_digit = [&] {
        *--at = static_cast<char>('0' + rest % 10);
        rest /= 10;
    };
    for (int place = 0; place < kPlaces; ++place) {
        put_digit();
        if (*at == '0' && last == at + 1) {
            last = at;
        }
    }
    if (last != at) {
        *--at = '.';
    }
    do {
        put_digit();
    } while (rest != 0);
    if (value < 0) {
        *--at = '-';
    }
    into.append(at, static_cast<std::size_t>(last - at));
}

} // namespace services::firms
