#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// Answers recorded from the live services. They are no part of this repository: tests that need them are skipped where
/// they are not. Looked for in the variable TRIBUTARY_TEST_DATA, else where the build was told (CMake
/// TRIBUTARY_TEST_DATA).
namespace recordings {

inline std::filesystem::path folder() {
    const char* variable = std::getenv("TRIBUTARY_TEST_DATA");
    return variable != nullptr ? variable : TRIBUTARY_TEST_DATA;
}

inline bool has(const std::string& path) { return !folder().empty() && std::filesystem::exists(folder() / path); }

inline std::string read(const std::filesystem::path& path) {
    std::ifstream file(folder() / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace recordings

/// First line of a test that needs a recording.
#define TRIBUTARY_NEEDS_RECORDING(path)                                                       \
    if (!recordings::has(path)) {                                                             \
        GTEST_SKIP() << "no recording " << (path) << " in '" << recordings::folder().string() \
                     << "': set TRIBUTARY_TEST_DATA";                                         \
    }                                                                                         \
    static_assert(true)
