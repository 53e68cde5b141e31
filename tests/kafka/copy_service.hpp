#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/patterns/run_service.hpp"

namespace tests {

using namespace std::chrono_literals;

/// What flows through the service of the fault tests.
struct Numbered {
    static constexpr std::string_view event_type = "item.made";
    int number = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Numbered, number)
};

/// Adds the flow that copies every item to `out`, under its key. Leaves and deaths of a member are seen within 6 s, the
/// shortest session that a broker allows by default.
inline void copy_items(streaming::StreamServiceBuilder& service, streaming::ConsumerOptions options, std::string out) {
    options.session_timeout = 6s;
    options.heartbeat_interval = 500ms;
    service.add_consumer_handler<Numbered>(
        std::move(options), [out = std::move(out)](const Numbered& item, streaming::Context& context) {
            context.send(out, std::string(context.message().key().value_or("")), item);
        });
}

} // namespace tests
