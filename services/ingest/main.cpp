#include "core/streaming/patterns/run_stream_manager.hpp"
#include "services/ingest/source_types.hpp"

int main(int argc, char** argv) {
    return streaming::run_stream_manager(argc, argv, "ingest", services::ingest::source_types());
}
