#include "services/iot/iot.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "iot", .flags = services::iot::flags()}, services::iot::wire);
}
