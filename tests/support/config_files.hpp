#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/streaming/patterns/config_loader.hpp"

namespace tests {

/// Configuration files in a folder that goes with the test.
class ConfigFiles {
public:
    ConfigFiles() {
        std::string name = std::filesystem::temp_directory_path() / "tributary-config-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    ~ConfigFiles() { std::filesystem::remove_all(folder_); }
    ConfigFiles(const ConfigFiles&) = delete;
    ConfigFiles& operator=(const ConfigFiles&) = delete;

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

    /// The problems of files, or the warnings, with names of files instead of paths; one a line.
    [[nodiscard]] std::string problems(const std::vector<std::string>& files, const char* const* environment = nullptr,
                                       streaming::Settings settings = {}, bool again = false) const {
        return lines(
            streaming::read_settings(settings, {.files = files, .environment = environment, .again = again}).problems);
    }
    [[nodiscard]] std::string warnings(const std::vector<std::string>& files) const {
        streaming::Settings settings;
        return lines(streaming::read_settings(settings, {.files = files}).warnings);
    }
    [[nodiscard]] std::string problems_of(const std::string& text, const std::string& name = "c.yaml") {
        return problems({write(name, text)});
    }

private:
    [[nodiscard]] std::string lines(const std::vector<std::string>& all) const {
        const std::string prefix = folder_.string() + "/";
        std::string text;
        for (std::string line : all) {
            for (std::size_t at = line.find(prefix); at != std::string::npos; at = line.find(prefix)) {
                line.erase(at, prefix.size());
            }
            text += line + "\n";
        }
        return text;
    }

    std::filesystem::path folder_{};
};

inline std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

} // namespace tests
