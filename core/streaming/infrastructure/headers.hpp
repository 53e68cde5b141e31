#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streaming {

/// The headers of one record: ordered, names may repeat, a value may be absent. Names and values are bytes.
/// Not thread-safe.
class Headers {
public:
    struct Entry {
        std::string name{};
        std::optional<std::string> value{};
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    using value_type = Entry; ///< with const_iterator: a container to algorithms and matchers
    using const_iterator = std::vector<Entry>::const_iterator;

    void append(std::string name, std::optional<std::string> value);
    void set(std::string_view name, std::string value); ///< replaces every header of that name by one
    void remove(std::string_view name);

    /// The last value of that name, as Kafka clients read it; nullopt when absent or null.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
    [[nodiscard]] auto end() const noexcept { return entries_.end(); }
    void clear() noexcept { entries_.clear(); }

    friend bool operator==(const Headers&, const Headers&) = default;

private:
    std::vector<Entry> entries_{};
};

} // namespace streaming
