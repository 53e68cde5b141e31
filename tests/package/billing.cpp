#include "billing.hpp"

namespace billing {

void wire(streaming::StreamServiceBuilder& service) {
    service.add_consumer_handler<Order>(
        {.topics = {"orders"}, .group_id = "billing"}, [](const Order& order, streaming::Context& context) {
            if (order.cents < 0) {
                throw streaming::PermanentError("an order costs something");
            }
            context.send("invoices", std::to_string(order.number), Invoice{order.number, order.cents * 12 / 10});
        });
}

} // namespace billing
