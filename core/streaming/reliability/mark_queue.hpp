#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streaming {

/// Ids, as they stand in the store, that wait to be written there: bytes end to end. Used by one thread.
class MarkQueue {
public:
    void add(std::string_view stored_id);
    /// Takes all of `other`, which was added later, behind its own.
    void append(MarkQueue& other);
    void drop_oldest(std::size_t count);
    void clear() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return lengths_.size(); }
    [[nodiscard]] bool empty() const noexcept { return lengths_.empty(); }
    /// Views of all, valid until the next change.
    void list(std::vector<std::string_view>& into) const;

private:
    std::string bytes_{};
    std::vector<std::uint8_t> lengths_{};
};

} // namespace streaming
