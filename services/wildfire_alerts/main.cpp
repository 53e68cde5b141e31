#include "services/wildfire_alerts/wildfire_alerts.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "wildfire_alerts", .flags = services::wildfire_alerts::flags()},
                                  services::wildfire_alerts::wire);
}
