#include "billing.hpp"

int main(int argc, char** argv) { return streaming::run_service(argc, argv, "billing", billing::wire); }
