#pragma once

#include "core/streaming/patterns/run_service.hpp"

namespace billing {

struct Order {
    static constexpr std::string_view event_type = "shop.order";
    int number = 0;
    int cents = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Order, number, cents)
};

struct Invoice {
    static constexpr std::string_view event_type = "shop.invoice";
    int order = 0;
    int cents = 0;
    friend bool operator==(const Invoice&, const Invoice&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Invoice, order, cents)
};

/// Orders in, invoices with tax out.
void wire(streaming::StreamServiceBuilder& service);

} // namespace billing
