#include "services/weather/weather.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "weather", .flags = services::weather::flags()},
                                  services::weather::wire);
}
