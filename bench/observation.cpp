#include "bench/observation.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace bench {
namespace {

std::uint64_t scatter(std::uint64_t value) { // splitmix64: ids that look random and are the same in every run
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

void append_uuid(std::uint64_t seed, std::string& into) {
    const std::uint64_t high = scatter(seed);
    const std::uint64_t low = scatter(high);
    char text[37];
    std::snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012llx", static_cast<unsigned>(high >> 32U),
                  static_cast<unsigned>(high & 0xffffU), static_cast<unsigned>((high >> 16U) & 0xfffU),
                  static_cast<unsigned>((low >> 48U) & 0xfffU), static_cast<unsigned long long>(low & 0xffffffffffffU));
    into.append(text, 36);
}

void append_number(double value, std::string& into) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 2).ptr;
    into.append(text, end);
}

/// The token of a string with its quotes, as it was written: no unescaping, so none to undo. Empty when it is none.
std::string_view token_of(simdjson::ondemand::object& object, std::string_view key) {
    simdjson::ondemand::value value;
    if (object[key].get(value) != simdjson::SUCCESS) {
        return {};
    }
    const std::string_view token = value.raw_json_token();
    return token.starts_with('"') ? token.substr(0, token.rfind('"') + 1)
                                  : std::string_view(); // white space may follow
}

bool append_token(simdjson::ondemand::object& object, std::string_view key, std::string& into) {
    const std::string_view token = token_of(object, key);
    into += token;
    return !token.empty();
}

constexpr std::string_view kNumbered = R"("correlation_id":"number-)";

/// The end of the envelope, from the quote that closes the correlation id.
void append_data(std::size_t sequence, std::string& into) {
    into += R"(","data":{"station":")" + station_key(sequence) + R"(","temperature_f":)";
    append_number(20.0 + static_cast<double>(sequence % 800) / 10.0, into);
    into += R"(,"wind_mph":)";
    append_number(static_cast<double>(sequence % 300) / 10.0, into);
    into += R"(,"seq":)" + std::to_string(sequence) + "}}";
}

} // namespace

std::string station_key(std::size_t sequence) { return "station-" + std::to_string(sequence % kStations); }

std::size_t Observations::distinct() const {
    std::size_t repeated = 0;
    for (std::size_t sequence = 99; sequence < records; sequence += 100) {
        repeated += is_repeated(sequence) ? 1 : 0;
    }
    return records - repeated;
}

void Observations::write(std::size_t sequence, std::string& into) const {
    into += R"({"id":")";
    append_uuid(origin(sequence), into);
    into += R"(","type":"weather.observation","timestamp":"2026-05-01T12:00:00Z","source":"noaa","correlation_id":")";
    append_uuid(sequence + (1ULL << 40U), into);
    append_data(sequence, into);
}

PackedId Observations::id(std::size_t sequence) const {
    std::string text;
    append_uuid(origin(sequence), text);
    PackedId id{};
    (void)pack(text, id);
    return id;
}

void write_numbered_observation(std::size_t sequence, std::string& into) {
    into += R"({"id":")";
    append_uuid(sequence, into);
    into += R"(","type":"weather.observation","timestamp":"2026-05-01T12:00:00Z","source":"noaa",)";
    into += kNumbered;
    into += std::to_string(sequence);
    append_data(sequence, into);
}

std::optional<std::size_t> number_of(std::string_view converted) {
    const std::size_t begin = converted.find(kNumbered);
    std::size_t number = 0;
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = converted.substr(begin + kNumbered.size());
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::chrono::microseconds slow_work(std::string_view id) {
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const char letter : id) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    }
    return std::chrono::microseconds(hash % 5001);
}

simdjson::padded_string_view ObservationParser::padded(std::string_view payload) {
    if (buffer_.size() < payload.size() + simdjson::SIMDJSON_PADDING) {
        buffer_.resize(2 * payload.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(buffer_.data(), payload.data(), payload.size());
    return simdjson::padded_string_view(buffer_.data(), payload.size(), buffer_.size());
}

std::string_view ObservationParser::id(std::string_view payload) {
    std::string_view id;
    if (parser_.iterate(padded(payload)).get(document_) != simdjson::SUCCESS ||
        document_["id"].get(id) != simdjson::SUCCESS) {
        return {};
    }
    return id;
}

bool ObservationParser::convert(std::string_view payload, std::string& into) {
    simdjson::ondemand::object object;
    if (parser_.iterate(padded(payload)).get(document_) != simdjson::SUCCESS ||
        document_.get_object().get(object) != simdjson::SUCCESS) {
        return false;
    }
    const std::size_t begin = into.size();
    into += R"({"id":)";
    bool fits = append_token(object, "id", into);
    into += R"(,"source":)";
    fits = fits && append_token(object, "source", into);
    into += R"(,"correlation_id":)";
    fits = fits && append_token(object, "correlation_id", into);
    double fahrenheit = 0.0;
    fits = fits && object["data"]["temperature_f"].get(fahrenheit) == simdjson::SUCCESS;
    if (!fits) {
        into.resize(begin);
        return false;
    }
    into += R"(,"celsius":)";
    append_number((fahrenheit - 32.0) * 5.0 / 9.0, into);
    into += '}';
    return true;
}

bool ObservationParser::parts(std::string_view payload, Parts& into) {
    simdjson::ondemand::object object;
    if (parser_.iterate(padded(payload)).get(document_) != simdjson::SUCCESS ||
        document_.get_object().get(object) != simdjson::SUCCESS) {
        return false;
    }
    into.id = token_of(object, "id");
    into.timestamp = token_of(object, "timestamp");
    into.correlation_id = token_of(object, "correlation_id");
    simdjson::ondemand::object data;
    return !into.id.empty() && !into.timestamp.empty() && !into.correlation_id.empty() &&
           object["data"].get_object().get(data) == simdjson::SUCCESS &&
           data.raw_json().get(into.data) == simdjson::SUCCESS;
}

} // namespace bench
