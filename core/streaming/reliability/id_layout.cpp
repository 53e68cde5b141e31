#include "core/streaming/reliability/id_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/streaming/reliability/stored_id.hpp"

namespace streaming {

namespace {

/// `dedup:{scope}:{bucket}`: sets; a bucket is ttl long and kept for two.
class RollingSets final : public IdLayout {
public:
    RollingSets(std::string scope, std::chrono::seconds ttl) : scope_(std::move(scope)), ttl_(ttl) {}

    void add(std::string_view id, MarkQueue& into) const override { into.add(StoredId(id).view()); }

    std::span<const StoreCommand> commands(std::int64_t bucket, std::span<const std::string_view> marks,
                                           std::span<const std::string_view> questions) override {
        if (bucket != bucket_) {
            bucket_ = bucket;
            current_ = fmt::format("dedup:{}:{}", scope_, bucket);
            previous_ = fmt::format("dedup:{}:{}", scope_, bucket - 1);
        }
        std::size_t count = 0;
        if (!marks.empty()) {
            commands_[count++] = {.kind = StoreCommand::Kind::add, .key = current_, .members = marks, .ttl = 2 * ttl_};
        }
        if (!questions.empty()) {
            commands_[count++] = {.kind = StoreCommand::Kind::contains, .key = current_, .members = questions};
            commands_[count++] = {.kind = StoreCommand::Kind::contains, .key = previous_, .members = questions};
        }
        return std::span(commands_).first(count);
    }

    bool read(std::span<const StoreReply> replies, std::int64_t bucket, std::size_t marked, std::size_t asked,
              std::vector<std::int64_t>& found) const override {
        found.assign(asked, kNotFound);
        if (replies.size() != (marked == 0 ? 0U : 1U) + (asked == 0 ? 0U : 2U)) {
            return false;
        }
        if (asked == 0) {
            return true;
        }
        const auto& current = replies[replies.size() - 2].found;
        const auto& previous = replies[replies.size() - 1].found;
        if (current.size() != asked || previous.size() != asked) {
            return false;
        }
        for (std::size_t i = 0; i < asked; ++i) {
            if (current[i] != 0) {
                found[i] = bucket;
            } else if (previous[i] != 0) {
                found[i] = bucket - 1;
            }
        }
        return true;
    }

private:
    const std::string scope_;
    const std::chrono::seconds ttl_;
    std::int64_t bucket_ = kNotFound;
    std::string current_{};
    std::string previous_{};
    std::array<StoreCommand, 3> commands_{};
};

/// `dedup:{scope}:{id}`: a key an id, gone after ttl. Only a value counts: a key of another type is a store error.
class KeyPerId final : public IdLayout {
public:
    KeyPerId(std::string scope, std::chrono::seconds ttl) : prefix_("dedup:" + std::move(scope) + ":"), ttl_(ttl) {}

    void add(std::string_view id, MarkQueue& into) const override {
        into.add(id.size() > kMaxVerbatimBytes ? StoredId(id).view() : id);
    }

    std::span<const StoreCommand> commands(std::int64_t /*bucket*/, std::span<const std::string_view> marks,
                                           std::span<const std::string_view> questions) override {
        keys_.clear();
        commands_.clear();
        for (const std::string_view id : marks) {
            keys_ += prefix_;
            keys_ += id;
            commands_.push_back({.kind = StoreCommand::Kind::set, .value = "1", .ttl = ttl_});
        }
        for (const std::string_view id : questions) {
            keys_ += prefix_;
            keys_ += id;
            commands_.push_back({.kind = StoreCommand::Kind::get});
        }
        std::size_t at = 0;
        for (std::size_t i = 0; i < commands_.size(); ++i) { // the text stays where it is from here on
            const std::size_t id_size = i < marks.size() ? marks[i].size() : questions[i - marks.size()].size();
            commands_[i].key = std::string_view(keys_).substr(at, prefix_.size() + id_size);
            at += prefix_.size() + id_size;
        }
        return commands_;
    }

    bool read(std::span<const StoreReply> replies, std::int64_t bucket, std::size_t marked, std::size_t asked,
              std::vector<std::int64_t>& found) const override {
        found.assign(asked, kNotFound);
        if (replies.size() != marked + asked) {
            return false;
        }
        for (std::size_t i = 0; i < asked; ++i) {
            if (replies[marked + i].value) {
                found[i] = bucket;
            }
        }
        return true;
    }

private:
    static constexpr std::size_t kMaxVerbatimBytes = 200;

    const std::string prefix_;
    const std::chrono::seconds ttl_;
    std::string keys_{};
    std::vector<StoreCommand> commands_{};
};

} // namespace

std::unique_ptr<IdLayout> make_id_layout(KeyStyle style, std::string scope, std::chrono::seconds ttl) {
    if (style == KeyStyle::per_id) {
        return std::make_unique<KeyPerId>(std::move(scope), ttl);
    }
    return std::make_unique<RollingSets>(std::move(scope), ttl);
}

} // namespace streaming
