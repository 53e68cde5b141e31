#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services {

/// Reading the flags of a service. What is wrong throws ConfigError, naming the flag, its value and what is allowed.
[[nodiscard]] long whole_number(const streaming::Settings& settings, const std::string& flag, long least, long most);
/// The same of a text that is one entry of the flag.
[[nodiscard]] long whole_number(const std::string& text, const std::string& flag, long least, long most);

/// "a,b,c", without blanks and empty entries; at least one.
[[nodiscard]] std::vector<std::string> list(const streaming::Settings& settings, const std::string& flag);

/// The same, or nothing.
[[nodiscard]] std::vector<std::string> list_or_none(const streaming::Settings& settings, const std::string& flag);

/// A base URL such as https://api.weather.gov, without its last slash.
[[nodiscard]] std::string base_url(const streaming::Settings& settings, const std::string& flag);

/// The values that flags have when nobody gave them.
[[nodiscard]] std::map<std::string, std::string> defaults(const std::vector<streaming::ServiceFlag>& flags);

[[noreturn]] void refuse_flag(const std::string& flag, const std::string& value, const std::string& allowed);

} // namespace services
