#pragma once

#include <sys/resource.h>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace bench {

/// Processor time of this process so far, all threads.
[[nodiscard]] inline double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Of this program alone: ru_maxrss would begin with what the process that started it had.
[[nodiscard]] inline double status_mib(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            return std::strtod(line.c_str() + name.size(), nullptr) / 1024.0;
        }
    }
    return 0.0;
}
[[nodiscard]] inline double peak_rss_mib() { return status_mib("VmHWM:"); }
[[nodiscard]] inline double rss_mib() { return status_mib("VmRSS:"); }

/// Measures one leg from the first record handed over to the last commit, the same way in the twin and in ours.
/// Used by one thread at a time.
class Measurement {
public:
    void begin() {
        cpu_at_begin_ = cpu_seconds();
        begin_ = std::chrono::steady_clock::now();
    }
    void end() {
        seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        cpu_ = cpu_seconds() - cpu_at_begin_;
    }

    /// One line of JSON on standard output: the interface between a leg and the driver.
    void print(const std::string& leg, std::size_t records) const {
        std::printf(
            "{\"leg\":\"%s\",\"records\":%zu,\"seconds\":%.4f,\"records_per_second\":%.0f,\"cpu_seconds\":%.3f,"
            "\"cpu_us_per_record\":%.3f,\"rss_mib\":%.1f}\n",
            leg.c_str(), records, seconds_, static_cast<double>(records) / seconds_, cpu_,
            cpu_ * 1e6 / static_cast<double>(records), peak_rss_mib());
    }

private:
    std::chrono::steady_clock::time_point begin_{};
    double cpu_at_begin_ = 0.0;
    double seconds_ = 0.0;
    double cpu_ = 0.0;
};

} // namespace bench
