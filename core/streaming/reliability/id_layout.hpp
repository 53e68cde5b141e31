#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/reliability/mark_queue.hpp"

namespace streaming {

/// How handled ids stand in the store: which commands mark and ask, and what the replies say. Used by one thread.
class IdLayout {
public:
    static constexpr std::int64_t kNotFound = -1;

    virtual ~IdLayout() = default;
    /// Adds the id in the form the store holds.
    virtual void add(std::string_view id, MarkQueue& into) const = 0;
    /// What marks `marks` and asks for `questions`, both in the store's form, in the time bucket `bucket`. Valid until
    /// the next call, as long as those two are.
    virtual std::span<const StoreCommand> commands(std::int64_t bucket, std::span<const std::string_view> marks,
                                                   std::span<const std::string_view> questions) = 0;
    /// For each of `asked` questions the bucket its id was marked in, or kNotFound. False when these cannot be the
    /// replies to `commands`.
    virtual bool read(std::span<const StoreReply> replies, std::int64_t bucket, std::size_t marked, std::size_t asked,
                      std::vector<std::int64_t>& found) const = 0;
};

[[nodiscard]] std::unique_ptr<IdLayout> make_id_layout(KeyStyle style, std::string scope, std::chrono::seconds ttl);

} // namespace streaming
