#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/run_service.hpp"

namespace streaming::detail {

/// The flags of a service program as given.
struct CommandLine {
    std::optional<int> exit{}; ///< the program ends with this code now: --help, --version or a mistake, already printed
    std::string brokers{};
    std::string redis{};
    std::vector<std::string> configs{};
    std::string name_space{};
    std::string admin{};
    std::string log_level{"info"};
    std::string log_format{"text"};
    std::map<std::string, std::string> own{}; ///< the service's own flags that were given
};

[[nodiscard]] CommandLine read_command_line(int argc, char** argv, const ServiceProgram& program);

/// The program's settings, then files, environment and flags over them. `findings` is what the files and the
/// environment have to complain about.
[[nodiscard]] Settings settings_of(const CommandLine& line, const ServiceProgram& program, ConfigFindings& findings);

/// What the flags say, over what the settings have.
void apply_flags(const CommandLine& line, Settings& settings);

} // namespace streaming::detail
