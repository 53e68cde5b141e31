#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace streaming::testing_support {

/// A path in a new directory that goes with the object, and the lines of JSON that somebody wrote there.
class ShadowFile {
public:
    ShadowFile() {
        std::string name = (std::filesystem::temp_directory_path() / "tributary-shadow-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary directory");
        }
        directory_ = name;
    }
    ~ShadowFile() { std::filesystem::remove_all(directory_); }
    ShadowFile(const ShadowFile&) = delete;
    ShadowFile& operator=(const ShadowFile&) = delete;

    [[nodiscard]] std::string path() const { return (directory_ / "shadow.jsonl").string(); }
    [[nodiscard]] std::vector<nlohmann::json> lines() const {
        std::vector<nlohmann::json> lines;
        std::ifstream file(path());
        for (std::string line; std::getline(file, line);) {
            lines.push_back(nlohmann::json::parse(line));
        }
        return lines;
    }

private:
    std::filesystem::path directory_{};
};

} // namespace streaming::testing_support
