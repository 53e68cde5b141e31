// [readme]
#include "core/streaming/patterns/run_service.hpp"

struct Greeting {
    static constexpr std::string_view event_type = "greeting";
    std::string name{};
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Greeting, name)
};

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, "hello", [](streaming::StreamServiceBuilder& service) {
        service.add_consumer_handler<Greeting>(
            {.topics = {"greetings"}, .group_id = "hello"}, [](const Greeting& greeting, streaming::Context& context) {
                context.send("replies", greeting.name, Greeting{"you too, " + greeting.name});
            });
    });
}
// [readme]
