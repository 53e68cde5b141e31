#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace streaming {

/// Whether an object says that something went wrong and is no record: the name of the member that tells, empty when it
/// is none. It is one
/// - with a member `error` or `errors` that says something, unless it has a name of its own (`id`, `event_id`, `uuid`)
///   and members that errors do not have;
/// - with nothing but members that errors have, among them a text (`message`, `detail`, ...) and a `code`, a `status`,
///   or `success` or `ok` that is false.
/// The forms: RFC 9457 (problem+json), https://cloud.google.com/apis/design/errors, and those that web frameworks make.
[[nodiscard]] std::string_view name_of_error(const nlohmann::json& object);

} // namespace streaming
