#include "services/firms/detection.hpp"

#include <fmt/compile.h>
#include <cmath>
#include <iterator>

#include "services/firms/decimal.hpp"
#include "services/firms/satellites.hpp"

namespace services::firms {

void from_json(const nlohmann::json& from, Detection& detection) {
    from.at("latitude").get_to(detection.latitude);
    from.at("longitude").get_to(detection.longitude);
    from.at("acquired_at").get_to(detection.acquired_at);
    from.at("satellite").get_to(detection.satellite);
    from.at("family").get_to(detection.family);
    from.at("confidence").get_to(detection.confidence);
    if (const auto percent = from.find("confidence_percent"); percent != from.end()) {
        detection.confidence_percent = percent->get<int>();
    }
    if (detection.family != to_string(Family::landsat)) {
        from.at("brightness_k").get_to(detection.brightness_k);
        from.at("frp_mw").get_to(detection.frp_mw);
    }
    from.at("day").get_to(detection.day);
    from.at("version").get_to(detection.version);
    detection.type = from.value("type", "");
}

std::string natural_key(const Detection& detection) {
    // Five decimal places as whole numbers: "1.1" and "1.10000" are one place, and so are 0 and -0.
    return fmt::format(FMT_COMPILE("{}|{}|{}|{}|{}"), detection.satellite, detection.acquired_at,
                       std::llround(detection.latitude * 1e5), std::llround(detection.longitude * 1e5),
                       detection.family);
}

std::string content_of(const Detection& detection) {
    std::string content;
    append_decimal(content, detection.frp_mw);
    content += '|';
    append_decimal(content, detection.brightness_k);
    fmt::format_to(std::back_inserter(content), FMT_COMPILE("|{}|{}|{}"), detection.confidence,
                   detection.confidence_percent.value_or(-1), detection.version);
    return content;
}

std::string tile(const Detection& detection) {
    return fmt::format(FMT_COMPILE("{}_{}"), std::lround(std::floor(detection.latitude)),
                       std::lround(std::floor(detection.longitude)));
}

} // namespace services::firms

void streaming::Codec<services::firms::Detection>::encode(const services::firms::Detection& detection,
                                                          std::string& into) {
    const auto text = [&into](std::string_view name, const std::string& value) {
        into += name;
        append_json_string(into, value);
    };
    const auto number = [&into](std::string_view name, double value) {
        into += name;
        services::firms::append_decimal(into, value);
    };
    number(R"({"latitude":)", detection.latitude);
    number(R"(,"longitude":)", detection.longitude);
    if (detection.brightness_k != 0) {
        number(R"(,"brightness_k":)", detection.brightness_k);
        number(R"(,"frp_mw":)", detection.frp_mw);
    }
    into += detection.day ? R"(,"day":true)" : R"(,"day":false)";
    if (detection.confidence_percent) {
        number(R"(,"confidence_percent":)", *detection.confidence_percent);
    }
    text(R"(,"acquired_at":)", detection.acquired_at);
    text(R"(,"satellite":)", detection.satellite);
    text(R"(,"family":)", detection.family);
    text(R"(,"confidence":)", detection.confidence);
    text(R"(,"version":)", detection.version);
    if (!detection.type.empty()) {
        text(R"(,"type":)", detection.type);
    }
    into += '}';
}

services::firms::DetectionRevised streaming::Codec<services::firms::DetectionRevised>::decode(std::string_view data) {
    const auto from = nlohmann::json::parse(data);
    return {from.get<services::firms::Detection>(), from.value("revision", 1U), from.value("revises", "")};
}

void streaming::Codec<services::firms::DetectionRevised>::encode(const services::firms::DetectionRevised& detection,
                                                                 std::string& into) {
    Codec<services::firms::Detection>::encode(detection, into);
    into.back() = ',';
    into += fmt::format(R"("revision":{},"revises":)", detection.revision);
    append_json_string(into, detection.revises);
    into += '}';
}
