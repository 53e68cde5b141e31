#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/streaming/patterns/run_service.hpp"
#include "services/trading/position_book.hpp"
#include "services/trading_engine/trader.hpp"

namespace services::trading_engine {

/// An order of `{namespace}.orders` becomes a fill of `{namespace}.fills`. Throws when the trader is away, and
/// PermanentError (OrderRefused) when it refuses.
void on_order(Trader& trader, const trading::Order& order, streaming::Context& context);

/// A fill becomes the newest position of its instrument on `{namespace}.positions`.
void on_fill(trading::PositionBook& book, const trading::Fill& fill, streaming::Context& context);

/// A position is learned; when a former owner's came late, the newest one is sent again.
void on_position(trading::PositionBook& book, const trading::PositionRecord& record, streaming::Context& context);

/// The flows of these three: `<group>orders`, `<group>fills` and `<group>positions`, over all namespaces.
void wire_execution(streaming::StreamServiceBuilder& service, const std::string& group,
                    const std::vector<std::string>& namespaces, std::shared_ptr<Trader> trader);

} // namespace services::trading_engine
