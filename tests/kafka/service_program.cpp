// The service of the fault tests as a program of its own, to be killed with -9.

#include "tests/kafka/copy_service.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
    const streaming::ServiceProgram program{.name = "copier",
                                            .flags = {{.name = "in", .help = "topic to read"},
                                                      {.name = "out", .help = "topic to write"},
                                                      {.name = "group", .help = "consumer group"}}};
    return streaming::run_service(argc, argv, program, [](streaming::StreamServiceBuilder& service) {
        const auto& settings = service.settings();
        // Much is unfinished at every commit: whatever is committed too early is lost with the process.
        service.add_producer({.linger = 200ms});
        tests::copy_items(service,
                          {.topics = {settings.flag("in")},
                           .group_id = settings.flag("group"),
                           .workers = 2,
                           .commit_interval = 100ms},
                          settings.flag("out"));
    });
}
