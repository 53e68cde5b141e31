#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace streaming {

/// What kind of failure a port reports. Callers decide by code and `retryable`, never by text.
enum class ErrorCode {
    unavailable,     ///< the other side cannot be reached or is not ready
    timed_out,       ///< no answer in time; nothing is known to have happened
    unknown_outcome, ///< possibly done: a send that may have been persisted
    interrupted,  ///< possibly done, but by a client that ended: nobody finishes it if the caller does not do it again
    rate_limited, ///< over a quota of the other side, which is there: later
    not_found,    ///< a topic, key or group that does not exist
    already_exists,
    invalid_argument, ///< the request itself is wrong
    too_large,        ///< over a size limit of the client or the broker
    not_authorized,
    assignment_lost, ///< the partition belongs to somebody else by now
    fenced,          ///< another instance took over this identity
    malformed,       ///< bytes that are not what they should be
    stopped,         ///< the component was stopped
    fatal            ///< this connection can never work again; make a new one
};

[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// A failure of a port: a code for programs, a sentence for people, and whether the same call may succeed next time.
struct Error {
    ErrorCode code = ErrorCode::fatal;
    std::string message{};
    bool retryable = false;
};

/// A value or an Error. `std::expected` of a later standard.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::move(value)) {} // NOLINT(google-explicit-constructor): so that `return value;` works
    Result(Error error) : state_(std::move(error)) {} // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] const T& value() const& {
        assert(ok());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T& value() & {
        assert(ok());
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T&& value() && {
        assert(ok());
        return std::move(*std::get_if<0>(&state_));
    }
    [[nodiscard]] const Error& error() const {
        assert(!ok());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, Error> state_;
};

/// Success or an Error.
class [[nodiscard]] Status {
public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {} // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] const Error& error() const {
        assert(!ok());
        return *error_;
    }

private:
    std::optional<Error> error_{};
};

} // namespace streaming
