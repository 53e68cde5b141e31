#include "services/risk_validator/risk_validator.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "risk_validator", .flags = services::risk_validator::flags()},
                                  services::risk_validator::wire);
}
