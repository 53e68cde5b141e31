#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/box.hpp"
#include "services/ingest/makers.hpp"
#include "services/ingest/purpleair_since.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::Response;
using streaming::Result;

constexpr std::string_view kReading = "airquality.reading.recorded";

/// Since 1970. What is later than the clock can say, in 2262, is as far ahead as that.
std::chrono::system_clock::time_point time_at(std::int64_t seconds) {
    constexpr std::int64_t kMost = 9'000'000'000;
    return std::chrono::system_clock::time_point(std::chrono::seconds(std::min(seconds, kMost)));
}

json parsed(const std::string& body) {
    return streaming::nests_deeper_than(body, streaming::kMaxJsonDepth) ? json(json::value_t::discarded)
                                                                        : json::parse(body, nullptr, false);
}

/// When an answer was made; nothing when it does not say so, or says that it will be.
std::optional<std::int64_t> time_stamp_of(const json& document, const streaming::TimeGate& gate,
                                          std::chrono::system_clock::time_point now) {
    const json said = document.is_object() ? document.value("data_time_stamp", json()) : json();
    const auto seconds = said.is_number_integer() ? said.get<std::int64_t>() : 0;
    return seconds > 0 && gate.lets_through(time_at(seconds), now) ? std::optional(seconds) : std::nullopt;
}

/// GET /v1/sensors: of the last week at first, then what is new since the answer before; calls cost by row. Where it
/// was is remembered across restarts. A refusal is told by its name; its description, which quotes, is not.
class PurpleAirConnector final : public streaming::Connector {
public:
    struct Options {
        streaming::ConnectorApiClient api;
        std::string path{};
        std::string source{};
        streaming::TimeGate gate{};
    };
    PurpleAirConnector(Options options, streaming::Clock& clock)
        : options_(std::move(options)),
          clock_(clock),
          since_(std::make_shared<PurpleAirSince>(options_.source + ".since", options_.path)) {}

    Result<Response> fetch(const Request& request) override {
        if (auto known = since_->use(request.cursors); !known) {
            return known.error();
        }
        const std::int64_t since = since_->time();
        auto answer = options_.api.get(
            request, {.path = since > 0 ? fmt::format("{}&modified_since={}", options_.path, since) : options_.path});
        if (answer && answer.value().status != Response::kNothing) {
            const auto made = time_stamp_of(parsed(answer.value().body), options_.gate, clock_.system_now());
            if (made) {
                answer.value().receipt = moves_on(*made);
            }
        }
        return answer;
    }

private:
    /// Shared with the answers on their way, which may outlive the connector.
    [[nodiscard]] std::shared_ptr<streaming::Receipt> moves_on(std::int64_t to) const {
        return std::make_shared<streaming::Receipt>([since = since_, to](bool delivered) {
            if (delivered) {
                since->advance(to);
            }
        });
    }

    Options options_;
    streaming::Clock& clock_;
    std::shared_ptr<PurpleAirSince> since_;
};

/// What a field that begins so can hold, in the unit of the API. Records of weather are those of plausible.cpp;
/// sensors saturate at some thousand ug/m3, and say 0 where there is nothing.
struct Bounds {
    std::string_view field;
    double least = 0;
    double most = 0;
};
constexpr std::array kBounds{Bounds{"latitude", -90, 90},    Bounds{"longitude", -180, 180},
                             Bounds{"humidity", 0, 110},     Bounds{"temperature", -184, 212}, // degF
                             Bounds{"pressure", 300, 1'150}, Bounds{"pm1.0", 0, 100'000},
                             Bounds{"pm2.5", 0, 100'000},    Bounds{"pm10.0", 0, 100'000}};

bool can_be(const std::string& field, const json& value) {
    const auto bounds = std::ranges::find_if(kBounds, [&](const Bounds& one) { return field.starts_with(one.field); });
    return bounds == kBounds.end() ||
           (value.is_number() && value.get<double>() >= bounds->least && value.get<double>() <= bounds->most);
}

/// Rows of a columnar answer: {"fields": [...], "data": [[...], ...]}.
class Columns {
public:
    explicit Columns(const json& document) {
        if (!document.is_object() || !document.contains("fields") || !document["fields"].is_array() ||
            !document.contains("data") || !document["data"].is_array()) {
            throw streaming::PermanentError("the answer is no table of PurpleAir: fields and data");
        }
        for (const json& field : document["fields"]) {
            fields_.push_back(field.is_string() ? field.get<std::string>() : "");
        }
        for (auto field = fields_.begin(); field != fields_.end(); ++field) {
            if (std::find(field + 1, fields_.end(), *field) != fields_.end()) {
                throw streaming::PermanentError(fmt::format("the answer has the field '{}' twice", *field));
            }
        }
        if (std::ranges::find(fields_, "sensor_index") == fields_.end()) {
            throw streaming::PermanentError("the answer has no field sensor_index");
        }
        if (std::ranges::find(fields_, "last_seen") == fields_.end()) {
            time_ = streaming::value_at(document, "data_time_stamp"); // no reading is newer
        }
    }

    /// The values that are there, by name. Throws std::invalid_argument.
    [[nodiscard]] json reading(const json& row) const {
        if (!row.is_array() || row.size() != fields_.size()) {
            throw std::invalid_argument(
                fmt::format("the row has {} values, there are {} fields", row.size(), fields_.size()));
        }
        json reading = json::object();
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (!row[i].is_null()) {
                (can_be(fields_[i], row[i]) ? reading : reading["left_out"])[fields_[i]] = row[i];
            }
        }
        return reading;
    }
    /// Of a reading: its own, or that of the answer when the answer has no field for it. Throws std::invalid_argument.
    [[nodiscard]] std::int64_t seconds_of(const json& reading) const {
        return time_.is_null() ? whole_number(reading, "last_seen", kSince2000)
                               : whole_number({{"data_time_stamp", time_}}, "data_time_stamp", kSince2000);
    }
    [[nodiscard]] bool readings_say_when() const noexcept { return time_.is_null(); }

    static std::int64_t whole_number(const json& from, const char* name, std::int64_t least) {
        const auto found = from.find(name);
        if (found == from.end() || !found->is_number_integer()) {
            throw std::invalid_argument(fmt::format("{}: there is no whole number", name));
        }
        const bool fits = !found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX;
        if (!fits || found->get<std::int64_t>() < least) {
            throw std::invalid_argument(
                fmt::format("{}: {} is not a whole number from {}", name, found->dump(), least));
        }
        return found->get<std::int64_t>();
    }

private:
    static constexpr std::int64_t kSince2000 = 946'684'800;

    std::vector<std::string> fields_{};
    json time_{}; ///< of all readings, when they say none
};

/// RFC 3339 of a time in seconds. Throws what the gate throws.
std::string time_of(std::int64_t seconds, const streaming::TimeGate& gate, std::chrono::system_clock::time_point now) {
    gate.check("last_seen", time_at(seconds), now);
    std::string text;
    streaming::append_rfc3339(text, time_at(seconds));
    return text;
}

void record_readings(const Response& answer, const streaming::TimeGate& gate, streaming::SourceContext& context) {
    const json document = parsed(answer.body);
    const Columns columns(document);
    if (const auto made = time_stamp_of(document, gate, context.now())) {
        context.payload_is_of(time_at(*made));
    }
    for (const json& row : document["data"]) {
        try {
            json reading = columns.reading(row);
            const std::int64_t seconds = columns.seconds_of(reading);
            // That of the answer says no more than that the sensor was heard of before.
            reading[columns.readings_say_when() ? "observed_at" : "as_of"] = time_of(seconds, gate, context.now());
            const std::string sensor = std::to_string(Columns::whole_number(reading, "sensor_index", 1));
            context.emit_data(kReading, fmt::format("{}|{}", sensor, seconds), {.key = sensor},
                              streaming::json_text(reading));
        } catch (const std::exception& problem) {
            context.reject(streaming::json_text(row), problem.what());
        }
    }
}

/// Calls cost by field and row: only these, unless more are asked for.
std::string query_of(const streaming::CustomParams& params) {
    std::vector<std::string> fields = params.texts("fields");
    if (fields.empty()) {
        fields = {"name", "latitude", "longitude", "humidity", "temperature", "pm2.5"};
    }
    for (const std::string& field : fields) {
        if (!std::ranges::all_of(field, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_'; })) {
            params.refuse("fields", "a list of field names, such as pm2.5, humidity");
        }
    }
    std::erase_if(fields, [](const std::string& field) { return field == "sensor_index" || field == "last_seen"; });
    std::string query =
        fmt::format("?fields=sensor_index,last_seen{}{}", fields.empty() ? "" : ",", fmt::join(fields, ","));
    if (const auto box = box_of(params, "box")) {
        query += fmt::format("&nwlng={}&nwlat={}&selng={}&selat={}", box->west, box->north, box->east, box->south);
    }
    return query;
}

} // namespace

Result<streaming::SourceParts> make_purpleair(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"api_key", "fields", "box", "max_ahead_seconds"}});
    streaming::refuse_backfill(request);
    std::string key = params.secret("api_key", "PURPLEAIR_API_KEY");
    if (!std::ranges::all_of(key, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '-'; })) {
        streaming::CustomParams::refuse_unseen("api_key",
                                               "(or the variable PURPLEAIR_API_KEY) is not letters, digits and -");
    }
    const auto gate = streaming::TimeGate::of(params);
    streaming::ConnectorApiClient api(
        {.base_url = streaming::base_url_of(request, "https://api.purpleair.com"),
         .auth = {.kind = streaming::ApiAuth::Kind::header, .name = "X-API-Key", .secret = std::move(key)},
         .rules = {.content = streaming::ExpectedContent::json, .member = "data"},
         .timeout = request.settings.timeout});
    return streaming::SourceParts{
        .connector = std::make_unique<PurpleAirConnector>(
            PurpleAirConnector::Options{
                .api = std::move(api), .path = "/v1/sensors" + query_of(params), .source = request.name, .gate = gate},
            request.clock),
        .handler = [gate](const Response& answer,
                          streaming::SourceContext& context) { record_readings(answer, gate, context); },
        .defaults = {.max_age = std::chrono::hours(1)}}; // sensors report each two minutes
}

} // namespace services::ingest
