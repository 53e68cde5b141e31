#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tributary {

struct ProjectFile {
    std::string name{};
    std::string text{};
};

/// The files of a project with a connector of this name (snake_case), its test, and a program that runs it by
/// configuration. It builds against the installed package.
[[nodiscard]] std::vector<ProjectFile> connector_project(std::string_view name);

} // namespace tributary
