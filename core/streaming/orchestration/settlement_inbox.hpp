#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/ingestion_record.hpp"

namespace streaming::detail {

/// What was settled of one source's records, until the thread that runs the source looks at it. Thread-safe.
class SettlementInbox {
public:
    /// So many settled records are worth a look of their own.
    static constexpr std::size_t kManySettled = 256;

    /// In their order. The ids stand in one text: a string for each would cost more than the rest.
    class Settled {
    public:
        void add(std::string_view id, Settlement settlement);
        void make_room(std::size_t records);
        [[nodiscard]] std::size_t size() const noexcept { return each_.size(); }
        [[nodiscard]] Settlement settlement(std::size_t index) const noexcept { return each_[index].settlement; }
        [[nodiscard]] std::vector<std::string_view> ids() const; ///< views into this

    private:
        struct One {
            std::size_t length;
            Settlement settlement;
        };
        std::string text_{};
        std::vector<One> each_{};
    };

    void expect(std::size_t records);  ///< before they are handed over
    void retract(std::size_t records); ///< of these, not handed over after all
    enum class Look { now, soon, later };
    /// When it is time to look: now when all are settled, or many; soon when it is the first.
    [[nodiscard]] Look put(std::string_view id, Settlement settlement) noexcept;
    [[nodiscard]] Settled take();
    [[nodiscard]] bool empty() const;

private:
    mutable std::mutex settled_mutex_{};
    Settled settled_{};
    std::size_t open_ = 0; ///< records handed over and not settled
};

} // namespace streaming::detail
