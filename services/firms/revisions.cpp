#include "services/firms/revisions.hpp"

#include <fmt/compile.h>
#include <functional>

namespace services::firms {
namespace {

std::uint64_t content_of(const Detection& detection) {
    std::uint64_t hash = std::hash<std::string_view>{}(detection.version);
    for (const std::uint64_t part : {std::hash<double>{}(detection.frp_mw), std::hash<double>{}(detection.brightness_k),
                                     std::hash<std::string_view>{}(detection.confidence),
                                     std::hash<int>{}(detection.confidence_percent.value_or(-1))}) {
        hash = (hash ^ part) * 0x9E3779B97F4A7C15ULL; // the golden ratio: spreads what differs in few bits
    }
    return hash;
}

} // namespace

bool Revisions::is_revised(std::string_view natural_key, const Detection& detection) {
    const std::uint64_t content = content_of(detection);
    Seen& seen = seen_.try_emplace(std::hash<std::string_view>{}(natural_key), Seen{.content = content}).first->second;
    seen.answer = answer_;
    seen.revised = seen.revised || seen.content != content;
    return seen.revised;
}

void Revisions::end_of_answer() {
    std::erase_if(seen_, [this](const auto& entry) { return entry.second.answer != answer_; });
    ++answer_;
}

std::string revision_key(std::string_view natural_key, const Detection& detection) {
    return fmt::format(FMT_COMPILE("{}|{}|{}|{}|{}|{}"), natural_key, detection.frp_mw, detection.brightness_k,
                       detection.confidence, detection.confidence_percent.value_or(-1), detection.version);
}

} // namespace services::firms
