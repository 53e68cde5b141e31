#include "core/streaming/patterns/run_stream_manager.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "core/streaming/patterns/command_line.hpp"
#include "core/streaming/patterns/run_until_stopped.hpp"
#include "core/streaming/patterns/service_signals.hpp"

namespace streaming {

namespace {

constexpr std::chrono::milliseconds kLookAtFiles{1000};

/// Sees when one of some files was written or replaced.
class FileWatch {
public:
    explicit FileWatch(std::vector<std::string> files) : files_(std::move(files)), stamps_(look()) {}
    [[nodiscard]] bool changed() {
        auto now = look();
        return std::exchange(stamps_, now) != now;
    }

private:
    struct Stamp {
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        std::int64_t bytes = -1;
        std::uint64_t inode = 0;
        bool operator==(const Stamp&) const = default;
    };
    [[nodiscard]] std::vector<Stamp> look() const {
        std::vector<Stamp> stamps;
        for (const std::string& file : files_) {
            struct stat found {};
            // A pipe has its time changed by whoever writes, and nothing to be read again.
            const bool is_file = ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode);
            stamps.push_back(is_file ? Stamp{.seconds = found.st_mtim.tv_sec,
                                             .nanoseconds = found.st_mtim.tv_nsec,
                                             .bytes = found.st_size,
                                             .inode = found.st_ino}
                                     : Stamp{});
        }
        return stamps;
    }

    std::vector<std::string> files_;
    std::vector<Stamp> stamps_;
};

StreamManager::Reload read_again(StreamManager& manager) {
    try {
        return manager.reload();
    } catch (const std::exception& error) { // of a source type's maker, say
        return {.problems = {error.what()}};
    } catch (...) {
        return {.problems = {"unknown exception"}};
    }
}

void reload(StreamManager& manager, const char* why) {
    const StreamManager::Reload result = read_again(manager);
    for (const std::string& problem : result.problems) {
        spdlog::error("configuration: {}", problem);
    }
    if (!result.problems.empty()) {
        spdlog::error("configuration: {}, and it is wrong: everything stays as it was", why);
        return;
    }
    spdlog::info("configuration: {}, values that changed: {}", why, result.changes.size());
    for (const std::string& change : result.changes) {
        spdlog::info("configuration: {}", change);
    }
    for (const std::string& change : result.restart) {
        spdlog::warn("configuration: takes effect with the next start: {}", change);
    }
}

int run(StreamManager& manager, const detail::CommandLine& line, detail::ServiceSignals& signals) {
    FileWatch files(line.configs); // before the start, which may take its time
    std::jthread reloading;
    return detail::run_until_stopped(manager.service(), signals.token(), [&] {
        (void)manager.start_all();
        reloading = std::jthread([&](const std::stop_token& stop) {
            while (!stop.stop_requested() && !signals.token().stop_requested()) {
                if (signals.await_hangup(kLookAtFiles, stop)) {
                    (void)files.changed();
                    reload(manager, "read again after SIGHUP");
                } else if (files.changed()) {
                    reload(manager, "a file changed");
                }
            }
        });
    });
}

} // namespace

int run_stream_manager(int argc, char** argv, const std::string& name, SourceTypes types) {
    const ServiceProgram program{.name = name};
    const detail::CommandLine line = detail::read_command_line(argc, argv, program);
    if (line.exit) {
        return *line.exit;
    }
    detail::log_as(name, line);
    detail::ServiceSignals signals(detail::ServiceSignals::Hangup::is_awaited);
    try {
        Settings given; // what flags bring is there when the files are checked
        detail::apply_flags(line, given);
        StreamManager manager(ConfigSources{.files = line.configs, .environment = environ},
                              {.types = std::move(types),
                               .service = name,
                               .adjust = [&line](Settings& settings) { detail::apply_flags(line, settings); }},
                              given);
        return run(manager, line, signals);
    } catch (const ConfigError& error) {
        for (const auto& problem : error.problems()) {
            spdlog::error("configuration: {}", problem);
        }
        return static_cast<int>(ExitCode::config);
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        return static_cast<int>(ExitCode::failed);
    }
}

} // namespace streaming
