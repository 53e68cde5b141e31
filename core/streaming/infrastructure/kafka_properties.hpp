#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/options.hpp"

namespace streaming::detail {

/// Why a librdkafka property cannot be set through KafkaOptions::properties; empty = it can.
[[nodiscard]] std::string_view refusal_of(std::string_view property) noexcept;

/// Whether the value of a property must never be printed.
[[nodiscard]] bool is_secret(std::string_view property) noexcept;

/// Everything wrong with a set of properties: refused ones, insecure ones (unless allowed), names and values that
/// librdkafka does not know.
[[nodiscard]] Problems check_properties(const std::map<std::string, std::string>& properties, bool allow_insecure);

} // namespace streaming::detail
