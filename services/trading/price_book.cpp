#include "services/trading/price_book.hpp"

namespace services::trading {

void PriceBook::update(const Tick& tick, Time time) {
    check(tick);
    const std::lock_guard lock(quotes_mutex_);
    quotes_[tick.instrument_token] = {.price = tick.last_price, .time = time};
}

std::variant<double, Rejection> PriceBook::fresh_price(std::int64_t instrument_token, Time now,
                                                       std::chrono::seconds max_age) const {
    const std::lock_guard lock(quotes_mutex_);
    const auto found = quotes_.find(instrument_token);
    if (found == quotes_.end()) {
        return Rejection{.reason = std::string(RejectionReason::no_price),
                         .value = nullptr,
                         .allowed = {{"max_age_seconds", max_age.count()}}};
    }
    const auto age = now - found->second.time;
    if (age >= max_age) {
        return Rejection{.reason = std::string(RejectionReason::stale_price),
                         .value = {{"age_seconds", std::chrono::duration<double>(age).count()}},
                         .allowed = {{"max_age_seconds", max_age.count()}}};
    }
    return found->second.price;
}

} // namespace services::trading
