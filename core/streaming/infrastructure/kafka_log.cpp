#include "core/streaming/infrastructure/kafka_log.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <mutex>
#include <string_view>

namespace streaming::detail {
namespace {

spdlog::level::level_enum level_of(int syslog_level) noexcept {
    if (syslog_level <= 2) {
        return spdlog::level::critical;
    }
    switch (syslog_level) {
        case 3:
            return spdlog::level::err;
        case 4:
            return spdlog::level::warn;
        case 5:
        case 6:
            return spdlog::level::info;
        default:
            return spdlog::level::debug;
    }
}

/// One map of properties serves consumers and producers, so these two are said of every client and mean nothing.
bool is_noise(std::string_view facility, std::string_view text) noexcept {
    return facility == "CONFWARN" && (text.find("is a consumer property") != std::string_view::npos ||
                                      text.find("is a producer property") != std::string_view::npos ||
                                      text.find("No `bootstrap.servers` configured") != std::string_view::npos);
}

class LineLimit {
public:
    struct Verdict {
        bool pass;
        unsigned left_out; ///< of the window before, to be said once
    };

    Verdict admit() {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock(window_mutex_);
        unsigned left_out = 0;
        if (now >= window_end_) {
            left_out = lines_ > kLinesPerWindow ? lines_ - kLinesPerWindow : 0;
            lines_ = 0;
            window_end_ = now + std::chrono::seconds(10);
        }
        return {++lines_ <= kLinesPerWindow, left_out};
    }

private:
    std::mutex window_mutex_{};
    std::chrono::steady_clock::time_point window_end_{};
    unsigned lines_ = 0;
};

} // namespace

void log_from_kafka(const rd_kafka_t* client, int syslog_level, const char* facility, const char* text) noexcept {
    try {
        if (is_noise(facility, text)) {
            return;
        }
        const auto level = level_of(syslog_level);
        const char* const name = client != nullptr ? rd_kafka_name(client) : "kafka";
        if (level == spdlog::level::debug) { // of the property `debug`: somebody wants them all
            spdlog::debug("kafka {}: {}: {}", name, facility, text);
            return;
        }
        static LineLimit limit;
        const auto [pass, left_out] = limit.admit();
        if (left_out > 0) {
            spdlog::info("kafka: {} more lines were left out", left_out);
        }
        if (pass) {
            spdlog::log(level, "kafka {}: {}: {}", name, facility, text);
        }
    } catch (const std::exception&) {
        // A line that cannot be written is lost: there is nobody here to tell.
    }
}

} // namespace streaming::detail
