#include "services/signal_generator/signal_generator.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv,
                                  {.name = "signal_generator", .flags = services::signal_generator::flags()},
                                  services::signal_generator::wire);
}
