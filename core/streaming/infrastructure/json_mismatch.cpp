#include "core/streaming/infrastructure/json_mismatch.hpp"

#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace streaming::detail {

namespace {

using nlohmann::json;
using Decode = std::function<void(const json&)>;

constexpr std::size_t kMaxBytes = 16U * 1024U; ///< of data that is worth the trials
constexpr std::size_t kMaxTrials = 300;
constexpr std::size_t kMaxLevels = 4;
constexpr std::size_t kMaxItems = 8; ///< of one array

struct Place {
    json::json_pointer pointer{};
    std::string name{"data"};
};

void collect_places(const json& value, const Place& here, std::size_t level, std::vector<Place>& into) {
    into.push_back(here);
    if (level == kMaxLevels) {
        return;
    }
    if (value.is_object()) {
        for (const auto& [key, child] : value.items()) {
            collect_places(child, {here.pointer / key, here.name + "." + key}, level + 1, into);
        }
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size() && i < kMaxItems; ++i) {
            collect_places(value[i], {here.pointer / i, here.name + "[" + std::to_string(i) + "]"}, level + 1, into);
        }
    }
}

/// Decodes changed copies of the data until the trials are used up.
class Trials {
public:
    explicit Trials(const Decode& decode) : decode_(decode) {}

    /// What decoding fails with; empty when it works; nullopt when no trial is left.
    std::optional<std::string> run(const json& candidate) {
        if (left_ == 0) {
            return std::nullopt;
        }
        --left_;
        try {
            decode_(candidate);
            return std::string();
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
    }

private:
    const Decode& decode_;
    std::size_t left_ = kMaxTrials;
};

const std::vector<json>& one_of_each_kind() {
    static const std::vector<json> kinds = {json::array(), json::object(), json(""),
                                            json(true),    json(0),        json(nullptr)};
    return kinds;
}

/// The object in which a key is missed: the one where adding it changes the error.
std::optional<std::string> find_missing_key(const json& data, std::string_view reason, const std::vector<Place>& places,
                                            Trials& trials) {
    constexpr std::string_view kBefore = "key '";
    constexpr std::string_view kAfter = "' not found";
    const std::size_t begin = reason.find(kBefore);
    if (begin == std::string_view::npos || !reason.ends_with(kAfter)) {
        return std::nullopt;
    }
    const std::string key(
        reason.substr(begin + kBefore.size(), reason.size() - kAfter.size() - begin - kBefore.size()));
    for (const Place& place : places) {
        if (!data[place.pointer].is_object() || data[place.pointer].contains(key)) {
            continue;
        }
        json candidate = data;
        candidate[place.pointer][key] = nullptr;
        const auto error = trials.run(candidate);
        if (error && *error != reason) {
            return place.name + "." + key + ": missing";
        }
    }
    return std::nullopt;
}

/// The value whose kind ("but is string") the reason ends with: put another kind there, and the error is the same but
/// for that word. Values before it in decoding order give another error, values after it the same one.
const Place* find_wrong_kind(const json& data, std::string_view reason, const std::vector<Place>& places,
                             Trials& trials) {
    for (const Place& place : places) {
        const json& value = data[place.pointer];
        const std::string_view kind = value.type_name();
        if (!reason.ends_with(kind)) {
            continue;
        }
        const std::string beginning(reason.substr(0, reason.size() - kind.size()));
        for (const json& other : one_of_each_kind()) {
            if (other.type_name() == kind) {
                continue;
            }
            json candidate = data;
            candidate[place.pointer] = other;
            const auto error = trials.run(candidate);
            if (error && *error == beginning + other.type_name()) {
                return &place;
            }
        }
    }
    return nullptr;
}

/// For any other reason: the one value that makes decoding work when it is replaced.
const Place* find_by_repair(const json& data, const std::vector<Place>& places, Trials& trials) {
    const Place* found = nullptr;
    for (const Place& place : places) {
        for (const json& other : one_of_each_kind()) {
            json candidate = data;
            candidate[place.pointer] = other;
            const auto error = trials.run(candidate);
            if (error && error->empty()) {
                if (found != nullptr) {
                    return nullptr; // more than one: naming either would be a guess
                }
                found = &place;
                break;
            }
        }
    }
    return found;
}

} // namespace

std::string without_library_prefix(std::string_view what) {
    const std::size_t end = what.find("] ");
    return std::string(what.starts_with("[json.exception.") && end != std::string_view::npos ? what.substr(end + 2)
                                                                                             : what);
}

std::string explain_mismatch(const json& data, std::string_view reason, const Decode& decode) {
    const std::string plain = without_library_prefix(reason);
    if (data.dump().size() > kMaxBytes) {
        return "data: " + plain;
    }
    std::vector<Place> places;
    collect_places(data, {}, 0, places);
    Trials trials(decode);
    if (const auto missing = find_missing_key(data, reason, places, trials)) {
        return *missing;
    }
    const Place* place = find_wrong_kind(data, reason, places, trials);
    if (place == nullptr) {
        place = find_by_repair(data, places, trials);
    }
    return (place == nullptr ? "data" : place->name) + ": " + plain;
}

} // namespace streaming::detail
