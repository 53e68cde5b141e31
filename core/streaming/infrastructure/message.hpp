#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/envelope_reader.hpp"
#include "core/streaming/infrastructure/json_value.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/infrastructure/record.hpp"

namespace streaming {

/// A payload type: names the event type it stands for and can be read from JSON.
template <class T>
concept Event = requires(const nlohmann::json& j) {
    { T::event_type } -> std::convertible_to<std::string_view>;
    j.get<T>();
};

/// How a payload type is read from and written to the `data` of an envelope. Specialise it for a faster or different
/// format; the default is nlohmann's from_json and to_json. `decode` throws anything derived from std::exception on a
/// mismatch.
template <class T>
struct Codec {
    static T decode(std::string_view data) { return nlohmann::json::parse(data).template get<T>(); }
    static void encode(const T& event, std::string& into) { append_json(into, nlohmann::json(event)); }
};

/// One record in the hands of a handler. Valid until the handler returns; copies nothing.
/// Used by one thread.
class Message {
public:
    Message() = default;
    Message(const ConsumedRecord& record, const EnvelopeView& envelope) : record_(&record), envelope_(envelope) {}

    [[nodiscard]] std::string_view topic() const { return record_->topic; }
    [[nodiscard]] std::int32_t partition() const { return record_->partition; }
    [[nodiscard]] std::int64_t offset() const { return record_->offset; }
    [[nodiscard]] std::optional<std::string_view> key() const { return record_->key; }
    [[nodiscard]] std::optional<std::string_view> payload() const { return record_->payload; } ///< absent = tombstone
    [[nodiscard]] std::chrono::system_clock::time_point timestamp() const { return record_->timestamp; }
    [[nodiscard]] const Headers& headers() const; ///< read on first call

    [[nodiscard]] std::string_view id() const { return envelope_.id; } ///< never empty inside a handler
    [[nodiscard]] std::string_view type() const { return envelope_.type; }
    [[nodiscard]] std::string_view correlation_id() const { return envelope_.correlation_id; }
    [[nodiscard]] const EnvelopeView& envelope() const { return envelope_; }

    /// The `data` of the envelope, parsed on first call. Throws PermanentError when it is no JSON or nests too deep.
    [[nodiscard]] const nlohmann::json& data() const;

    /// The `data` as a T. Throws PermanentError, naming the field, when it does not fit.
    template <class T>
    [[nodiscard]] T as() const {
        check_data();
        try {
            return Codec<T>::decode(envelope_.data);
        } catch (const PermanentError&) {
            throw; // the codec says it better
        } catch (const std::exception& error) {
            throw_mismatch(error.what(),
                           [](const nlohmann::json& candidate) { (void)Codec<T>::decode(candidate.dump()); });
        }
    }

private:
    void check_data() const;
    [[noreturn]] void throw_mismatch(std::string_view reason,
                                     const std::function<void(const nlohmann::json&)>& decode) const;

    const ConsumedRecord* record_ = nullptr;
    EnvelopeView envelope_{};
    mutable std::unique_ptr<nlohmann::json> data_{};
    mutable std::unique_ptr<Headers> headers_{};
};

} // namespace streaming
