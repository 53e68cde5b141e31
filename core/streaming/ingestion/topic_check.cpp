#include "core/streaming/ingestion/topic_check.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace streaming {
namespace {

constexpr const char* kRetention = "retention.ms";

TopicSpec spec_of(const std::string& name, const TopicOptions& wanted) {
    TopicSpec spec{.name = name,
                   .partitions = wanted.partitions.value_or(-1),
                   .replication = wanted.replication_factor.value_or(-1)};
    if (wanted.retention_ms) {
        spec.settings[kRetention] = std::to_string(*wanted.retention_ms);
    }
    return spec;
}

/// Compares topics with what is wanted of them.
class Comparison {
public:
    explicit Comparison(TopicCheck& into) : into_(into) {}

    void compare(const TopicSpec& found, const TopicOptions& wanted) {
        if (wanted.partitions && found.partitions != *wanted.partitions) {
            differs(found.name, fmt::format("{} partitions", found.partitions), std::to_string(*wanted.partitions));
        }
        compare_replication(found, wanted);
        compare_retention(found, wanted);
    }

private:
    void compare_replication(const TopicSpec& found, const TopicOptions& wanted) {
        if (!wanted.replication_factor) {
            return;
        }
        if (found.replication == -1) {
            unknown(found.name, "replication factor", std::to_string(*wanted.replication_factor));
        } else if (found.replication != *wanted.replication_factor) {
            differs(found.name, fmt::format("replication factor {}", found.replication),
                    std::to_string(*wanted.replication_factor));
        }
    }

    void compare_retention(const TopicSpec& found, const TopicOptions& wanted) {
        if (!wanted.retention_ms) {
            return;
        }
        const std::string retention = std::to_string(*wanted.retention_ms);
        const auto setting = found.settings.find(kRetention);
        if (setting == found.settings.end()) {
            unknown(found.name, kRetention, retention);
        } else if (setting->second != retention) {
            differs(found.name, fmt::format("{} {}", kRetention, setting->second), retention);
        }
    }

    void differs(const std::string& topic, const std::string& found, const std::string& wanted) {
        into_.differences.push_back(
            fmt::format("topic {}: has {}, the configuration says {}; nothing was changed", topic, found, wanted));
    }
    void unknown(const std::string& topic, std::string_view what, const std::string& wanted) {
        into_.not_compared.push_back(fmt::format(
            "topic {}: the broker does not tell its {}, the configuration says {}; not compared", topic, what, wanted));
    }

    TopicCheck& into_;
};

/// Describes one topic and compares it. True when it exists, or nothing more can be known.
Result<bool> look_at(const std::string& name, const TopicOptions& wanted, TopicAdmin& admin,
                     std::chrono::milliseconds timeout, TopicCheck& into) {
    const auto found = admin.describe(name, timeout);
    if (!found && found.error().code == ErrorCode::not_authorized) {
        into.not_compared.push_back(
            fmt::format("topic {}: could not be compared with the configuration: {}", name, found.error().message));
        return true;
    }
    if (!found) {
        return found.error();
    }
    if (found.value()) {
        Comparison(into).compare(*found.value(), wanted);
    }
    return found.value().has_value();
}

} // namespace

Result<TopicCheck> check_topics(const std::map<std::string, TopicOptions>& wanted, TopicAdmin& admin,
                                std::chrono::milliseconds timeout) {
    TopicCheck check;
    std::vector<TopicSpec> missing;
    for (const auto& [name, options] : wanted) {
        const auto exists = look_at(name, options, admin, timeout, check);
        if (!exists) {
            return exists.error();
        }
        if (!exists.value()) {
            missing.push_back(spec_of(name, options));
        }
    }
    if (missing.empty()) {
        return check;
    }
    if (Status made = admin.ensure(missing, timeout); !made) {
        return made.error();
    }
    for (const TopicSpec& topic : missing) {
        check.made.push_back(topic.name);
        // A broker may tell a little later of a topic that it just made: then there is nothing to compare.
        if (const auto looked = look_at(topic.name, wanted.at(topic.name), admin, timeout, check); !looked) {
            return looked.error();
        }
    }
    return check;
}

} // namespace streaming
