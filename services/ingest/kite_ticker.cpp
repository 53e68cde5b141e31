#include "services/ingest/kite_ticker.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "services/ingest/kite_packets.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::CustomParams;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::chrono::hours kMaxAhead{1};
constexpr std::chrono::minutes kIndia{5 * 60 + 30};

/// Whether a body is lines and no message: of one the third byte is 0 (no packet has 256 bytes), of a packet alone the
/// fourth is a segment, from 1 to 9. What stands in a line does not matter: one that is no good costs no other.
bool is_text(std::string_view body) {
    return std::ranges::all_of(body.substr(0, 4),
                               [](unsigned char letter) { return letter >= ' ' || letter == '\r' || letter == '\n'; });
}

/// Of an order, say, maybe over several lines.
bool is_object(std::string_view body) { return body.starts_with('{') && json::accept(body); }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
    return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// RFC 4648, with its padding; nothing when the text is none.
std::optional<std::string> base64_decoded(std::string_view text) {
    std::string bytes;
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (; !text.empty(); text.remove_prefix(4)) {
        const std::size_t digits = text.substr(0, 4).find('=');
        const std::size_t used = std::min<std::size_t>(digits, 4);
        const bool padded = used < 4;
        if (used < 2 || (padded && (text.size() > 4 || text.find_first_not_of('=', used) != std::string_view::npos))) {
            return std::nullopt;
        }
        std::uint32_t value = 0;
        if (text.substr(0, used).find_first_not_of(kAlphabet) != std::string_view::npos) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 6U | (i < used ? static_cast<std::uint32_t>(kAlphabet.find(text[i])) : 0U);
        }
        for (std::size_t i = 0; i + 1 < used; ++i) {
            bytes += static_cast<char>(value >> (16U - 8U * i) & 0xFFU);
        }
    }
    return bytes;
}

} // namespace

void KiteTicks::record_all(std::string_view body, streaming::SourceContext& context) const {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (body.starts_with(kByteOrderMark)) {
        body.remove_prefix(kByteOrderMark.size());
    }
    if (!is_text(body)) {
        record_message(body, "", context);
        return;
    }
    if (const std::string_view text = trimmed(body); is_object(text)) {
        record_message(text, "", context);
        return;
    }
    for (std::size_t line = 1; !body.empty(); ++line) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        const std::string_view text = trimmed(body.substr(0, end));
        body.remove_prefix(std::min(end + 1, body.size()));
        const std::string place = fmt::format("line {}, ", line);
        if (text.starts_with('{')) {
            record_message(text, place, context);
        } else if (const auto message = base64_decoded(text)) {
            record_message(*message, place, context);
        } else {
            context.reject(text, place + "it is no Base64");
        }
    }
}

void KiteTicks::record_message(std::string_view message, std::string_view place,
                               streaming::SourceContext& context) const {
    std::size_t number = 0;
    for (const KitePacket& packet : kite_packets(message)) {
        const std::string packet_place = fmt::format("{}packet {}", place, ++number);
        try {
            if (!packet.problem.empty()) {
                throw std::invalid_argument(packet.problem);
            }
            record(packet.bytes, packet_place, context);
        } catch (const std::exception& problem) {
            context.reject(packet.bytes, fmt::format("{}: {}", packet_place, problem.what()));
        }
    }
}

void KiteTicks::record(std::string_view packet, std::string_view place, streaming::SourceContext& context) const {
    const json tick = kite_tick(packet);
    const std::string token = tick.at("instrument_token").dump();
    std::string natural_key;
    if (const auto event_time = tick.find("event_time"); event_time != tick.end()) {
        const std::string& text = event_time->get_ref<const std::string&>();
        const auto time = streaming::parse_rfc3339(text).value();
        if (time - context.now() > kMaxAhead) {
            throw std::invalid_argument(
                fmt::format("event_time: {} is more than {} from now", text, std::chrono::seconds(kMaxAhead)));
        }
        if (const std::string shown = session_ ? outside(*session_, time) : ""; !shown.empty()) {
            throw std::invalid_argument(fmt::format("event_time: {} is outside the session, {}", text, shown));
        }
        natural_key = fmt::format("{}|{}|{}|{}", token, text, tick.value("volume", 0U), tick.at("last_price").dump());
    } else {
        const auto receipt = untimed_ == Untimed::by_receipt ? context.now().time_since_epoch().count() : 0;
        natural_key = fmt::format("{}|{}|{}|{}", token, receipt, place, packet);
    }
    context.emit_data("market.tick", natural_key, {.key = token}, tick.dump());
}

streaming::Result<streaming::SourceParts> make_kite_ticker(const streaming::SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    streaming::refuse_backfill(request);
    auto session = streaming::record_session(params, kIndia);
    const auto handler_of = [&session](KiteTicks::Untimed untimed) -> streaming::SourceHandler {
        return [ticks = KiteTicks(untimed, std::move(session))](const streaming::Response& answer,
                                                                streaming::SourceContext& context) {
            ticks.record_all(answer.body, context);
        };
    };
    if (params.has("file")) {
        params.only({{"file", "session"}});
        return streaming::SourceParts{.connector = std::make_unique<streaming::FileConnector>(
                                          streaming::FileConnector::Options{.path = params.text("file")}),
                                      .handler = handler_of(KiteTicks::Untimed::by_place)};
    }
    if (!params.has("listen")) {
        CustomParams::refuse_unseen("listen", "(host:port where messages are POSTed to) or file must be given");
    }
    auto foreign = streaming::json_records_params();
    foreign.push_back("format");
    for (const std::string_view name : foreign) {
        if (name != "session" && params.has(std::string(name))) {
            CustomParams::refuse_unseen(name, "means nothing here: a packet says itself what it is");
        }
    }
    streaming::SourceSettings settings = request.settings;
    settings.custom_params.erase("session");
    settings.custom_params.emplace("content_types", "application/octet-stream");
    auto parts = streaming::make_webhook(
        {.name = request.name, .settings = settings, .endpoint = request.endpoint, .clock = request.clock});
    if (parts) {
        parts.value().handler = handler_of(KiteTicks::Untimed::by_receipt);
    }
    return parts;
}

} // namespace services::ingest
