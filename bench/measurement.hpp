#pragma once

#include <sys/resource.h>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace bench {

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
            "{\"leg\":\"%s\",\"records\":%zu,\"seconds\":%.4f,\"records_per_second\":%.0f,\"cpu_seconds\":%.3f,\"rss_"
            "mib\":%.1f}\n",
            leg.c_str(), records, seconds_, static_cast<double>(records) / seconds_, cpu_, peak_rss_mib());
    }

private:
    static double cpu_seconds() {
        const rusage used = usage();
        const auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return seconds(used.ru_utime) + seconds(used.ru_stime);
    }
    static double peak_rss_mib() { return static_cast<double>(usage().ru_maxrss) / 1024.0; }
    static rusage usage() {
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        return used;
    }

    std::chrono::steady_clock::time_point begin_{};
    double cpu_at_begin_ = 0.0;
    double seconds_ = 0.0;
    double cpu_ = 0.0;
};

} // namespace bench
