#include "services/trading_engine/trading_engine_service.hpp"

#include <spdlog/logger.h>

#include "services/trading/rejecting.hpp"

namespace services::trading_engine {

void TradingEngineService::on_tick(const trading::Tick& tick, streaming::Context& context) {
    prices_.update(tick, context.message().timestamp());
}

void TradingEngineService::on_signal(const trading::Signal& signal, streaming::Context& context) {
    using trading::Rejection;
    const trading::OriginalSignal& wanted = signal.original_signal;
    check(wanted);
    const auto reject = [&](Rejection why) {
        trading::reject(context, parts_.name_space, "trading_engine", wanted, std::move(why));
    };
    const auto now = parts_.now();
    warn_of_unknown_holidays(now, context);
    if (!parts_.market_hours.is_open(now)) {
        std::string text;
        streaming::append_rfc3339(text, now);
        reject({.reason = std::string(trading::RejectionReason::market_closed),
                .value = text,
                .allowed = "hours of " + parts_.market_hours.name()});
        return;
    }
    const auto price = prices_.fresh_price(wanted.instrument_token, now, parts_.max_price_age);
    if (const auto* const why = std::get_if<Rejection>(&price)) {
        reject(*why);
        return;
    }
    for (const std::string& name_space : parts_.router.targets(wanted.strategy_id)) {
        context.send(streaming::TopicNames::orders(name_space), std::to_string(wanted.instrument_token),
                     trading::Order{.signal_id = wanted.signal_id,
                                    .strategy_id = wanted.strategy_id,
                                    .name_space = name_space,
                                    .instrument_token = wanted.instrument_token,
                                    .side = wanted.side,
                                    .quantity = wanted.quantity,
                                    .price = std::get<double>(price)});
    }
}

void TradingEngineService::warn_of_unknown_holidays(std::chrono::system_clock::time_point now,
                                                    streaming::Context& context) {
    if (!parts_.market_hours.knows(now)) {
        std::call_once(warned_, [&] {
            context.log().warn(
                "the holidays of {} are not all known for this year: weekdays count as open, except "
                "--closed-days",
                parts_.market_hours.name());
        });
    }
}

} // namespace services::trading_engine
