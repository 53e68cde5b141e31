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

/// The token of a string with its quotes, as it was written: no unescaping, so none to undo.
bool append_token(simdjson::ondemand::object& object, std::string_view key, std::string& into) {
    simdjson::ondemand::value value;
    if (object[key].get(value) != simdjson::SUCCESS) {
        return false;
    }
    const std::string_view token = value.raw_json_token();
    if (!token.starts_with('"')) {
        return false;
    }
    into += token.substr(0, token.rfind('"') + 1); // white space may follow
    return true;
}

} // namespace

std::string station_key(std::size_t sequence) { return "station-" + std::to_string(sequence % kStations); }

void write_observation(std::size_t sequence, std::string& into) {
    into += R"({"id":")";
    append_uuid(sequence % 100 == 99 ? sequence - 50 : sequence, into);
    into += R"(","type":"weather.observation","timestamp":"2026-05-01T12:00:00Z","source":"noaa","correlation_id":")";
    append_uuid(sequence + (1ULL << 40U), into);
    into += R"(","data":{"station":")" + station_key(sequence) + R"(","temperature_f":)";
    append_number(20.0 + static_cast<double>(sequence % 800) / 10.0, into);
    into += R"(,"wind_mph":)";
    append_number(static_cast<double>(sequence % 300) / 10.0, into);
    into += R"(,"seq":)" + std::to_string(sequence) + "}}";
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

} // namespace bench
