#include "core/streaming/orchestration/settlement_inbox.hpp"

#include <algorithm>
#include <utility>

namespace streaming::detail {

void SettlementInbox::Settled::add(std::string_view id, Settlement settlement) {
    text_.append(id);
    each_.push_back({.length = id.size(), .settlement = settlement});
}

std::vector<std::string_view> SettlementInbox::Settled::ids() const {
    std::vector<std::string_view> ids;
    ids.reserve(each_.size());
    for (std::string_view left = text_; const One& one : each_) {
        ids.push_back(left.substr(0, one.length));
        left.remove_prefix(one.length);
    }
    return ids;
}

/// So that what is told when memory is out needs none.
void SettlementInbox::Settled::make_room(std::size_t records) {
    constexpr std::size_t kIdLength = 36; // of a UUID
    if (each_.capacity() - each_.size() < records) {
        each_.reserve(std::max(each_.size() + records, 2 * each_.capacity()));
    }
    if (text_.capacity() - text_.size() < records * kIdLength) {
        text_.reserve(std::max(text_.size() + records * kIdLength, 2 * text_.capacity()));
    }
}

void SettlementInbox::expect(std::size_t records) {
    const std::scoped_lock lock(settled_mutex_);
    settled_.make_room(open_ + records);
    open_ += records;
}

void SettlementInbox::retract(std::size_t records) {
    const std::scoped_lock lock(settled_mutex_);
    open_ -= records;
}

SettlementInbox::Look SettlementInbox::put(std::string_view id, Settlement settlement) noexcept {
    const std::scoped_lock lock(settled_mutex_);
    settled_.add(id, settlement);
    if (--open_ == 0 || settled_.size() == kManySettled) {
        return Look::now;
    }
    return settled_.size() == 1 ? Look::soon : Look::later;
}

bool SettlementInbox::empty() const {
    const std::scoped_lock lock(settled_mutex_);
    return settled_.size() == 0;
}

SettlementInbox::Settled SettlementInbox::take() {
    const std::scoped_lock lock(settled_mutex_);
    Settled next;
    next.make_room(open_);
    return std::exchange(settled_, std::move(next));
}

} // namespace streaming::detail
