#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace streaming::detail {

/// Chooses the lane of each record: the one that holds records of its order key already, else one with little to do. So
/// records of one key stay in order, and a lane full of slow keys does not get more of them. Open addressing with
/// linear probing; grows by doubling, never shrinks. Used by the poll thread.
class KeyLanes {
public:
    explicit KeyLanes(std::size_t lanes) : slots_(1024), loads_(lanes) {}

    /// The lane for one more record of the key.
    [[nodiscard]] std::size_t enter(std::uint64_t key);
    /// A record of the key, which got `lane`, is complete.
    void leave(std::uint64_t key, std::size_t lane) noexcept;

    [[nodiscard]] std::size_t lanes() const noexcept { return loads_.size(); }
    [[nodiscard]] std::size_t keys() const noexcept { return size_; } ///< with records in flight

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t lane = 0;
        std::uint32_t records = 0; ///< 0 = the slot is free
    };
    [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept;
    [[nodiscard]] std::size_t find(std::uint64_t key) const noexcept; ///< its slot, or the free one where it would go
    [[nodiscard]] std::size_t least_loaded(std::uint64_t key) const noexcept;
    void grow();

    std::vector<Slot> slots_;
    std::vector<std::size_t> loads_; ///< records in flight of each lane
    std::size_t size_ = 0;
};

} // namespace streaming::detail
