#include "services/trading_engine/trading_engine.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "trading_engine", .flags = services::trading_engine::flags()},
                                  services::trading_engine::wire);
}
