#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Turns messages of Kite Connect's binary ticker into events `market.tick`, each packet into one. What is no packet,
/// or is implausible, is rejected alone. Thread-safe.
class KiteTicks {
public:
    enum class Untimed {
        by_place,  ///< the same body says the same again: a file
        by_receipt ///< another body is another snapshot, whatever it says: prices come back
    };
    /// `untimed`: what makes a packet without a time (modes ltp and quote) one and the same thing.
    KiteTicks(Untimed untimed, std::optional<streaming::SessionHours> session)
        : untimed_(untimed), session_(std::move(session)) {}

    /// A body is one message as it came, or a text: one in Base64 on each line, of which each is good or bad by itself.
    /// The socket's text messages (a JSON object, of an order say) are no ticks, and are rejected.
    void record_all(std::string_view body, streaming::SourceContext& context) const;

private:
    void record_message(std::string_view message, std::string_view place, streaming::SourceContext& context) const;
    void record(std::string_view packet, std::string_view place, streaming::SourceContext& context) const;

    Untimed untimed_;
    std::optional<streaming::SessionHours> session_;
};

} // namespace services::ingest
