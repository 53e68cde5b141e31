#include "services/firms/firms.hpp"

int main(int argc, char** argv) {
    return streaming::run_service(argc, argv, {.name = "firms", .flags = services::firms::flags()},
                                  services::firms::wire);
}
