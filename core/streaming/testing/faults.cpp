#include "core/streaming/testing/faults.hpp"

#include <algorithm>
#include <utility>

namespace streaming::fakes {

void Faults::add(std::size_t count, const Error& error, std::string only) {
    const std::lock_guard lock(faults_mutex_);
    faults_.insert(faults_.end(), count, Fault{.error = error, .only = std::move(only)});
}

std::optional<Error> Faults::take(std::string_view subject) {
    const std::lock_guard lock(faults_mutex_);
    const auto found =
        std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) { return fault.concerns(subject); });
    if (found == faults_.end()) {
        return std::nullopt;
    }
    Error error = std::move(found->error);
    faults_.erase(found);
    ++fired_;
    return error;
}

std::size_t Faults::fired() const {
    const std::lock_guard lock(faults_mutex_);
    return fired_;
}

bool Faults::pending(std::string_view subject) const {
    const std::lock_guard lock(faults_mutex_);
    return std::any_of(faults_.begin(), faults_.end(), [&](const Fault& fault) { return fault.concerns(subject); });
}

} // namespace streaming::fakes
