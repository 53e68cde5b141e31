#pragma once

#include <stdexcept>
#include <string>

namespace streaming {

/// Thrown by a handler (or by decoding) for a record that no retry can help: it goes to the dead-letter topic at once.
class PermanentError : public std::runtime_error {
public:
    explicit PermanentError(const std::string& what, std::string error_class = "PermanentError")
        : std::runtime_error(what), error_class_(std::move(error_class)) {}

    /// Written to the header tributary-error-class and used as a metric label: few different values.
    [[nodiscard]] const std::string& error_class() const noexcept { return error_class_; }

private:
    std::string error_class_;
};

} // namespace streaming
