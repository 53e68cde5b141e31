#include "core/streaming/ingestion/source_state_codec.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <utility>

namespace streaming::detail {
namespace {

constexpr std::uint32_t kEnded = 1U << 31U;
constexpr std::uint32_t kReturned = 1U << 30U;
constexpr char kListedVersion = 1;

template <std::unsigned_integral Number>
void append(std::string& into, Number number) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        into += static_cast<char>(number >> (8U * i));
    }
}

void append(std::string& into, std::string_view text) {
    append(into, static_cast<std::uint32_t>(text.size()));
    into += text;
}

/// Takes parts off the front; `ok` tells whether all of them were there.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    template <std::unsigned_integral Number>
    Number number() {
        const std::string_view bytes = take(sizeof(Number));
        Number value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value =
                static_cast<Number>(value | (static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8U * i)));
        }
        return value;
    }
    std::string text() { return std::string(take(number<std::uint32_t>())); }
    template <std::size_t kSize>
    void into(std::array<std::uint8_t, kSize>& bytes) {
        std::ranges::copy(take(kSize), bytes.begin());
    }
    [[nodiscard]] bool ok() const { return ok_ && rest_.empty(); }
    [[nodiscard]] std::string_view rest() { return std::exchange(rest_, {}); }

private:
    std::string_view take(std::size_t count) {
        ok_ = ok_ && count <= rest_.size();
        if (!ok_) {
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::string_view rest_;
    bool ok_ = true;
};

std::uint32_t seconds_of(std::uint32_t bucket, std::chrono::seconds length) {
    return static_cast<std::uint32_t>(bucket * static_cast<std::uint64_t>(length.count()));
}

std::uint32_t bucket_of(std::uint32_t seconds, std::chrono::seconds length) {
    return static_cast<std::uint32_t>(seconds / static_cast<std::uint64_t>(length.count()));
}

} // namespace

void append_revision(std::string& into, const RevisionLedger::Entry& entry, std::chrono::seconds bucket) {
    append(into, entry.key.low);
    append(into, entry.key.high);
    into.append(entry.content.begin(), entry.content.end());
    into.append(entry.previous.begin(), entry.previous.end());
    append(into, std::uint32_t{entry.number} | (entry.ended ? kEnded : 0) | (entry.returned ? kReturned : 0));
    append(into, seconds_of(entry.bucket, bucket));
}

std::optional<RevisionLedger::Entry> read_revision(std::string_view field, std::string_view value,
                                                   std::chrono::seconds bucket) {
    if (field.size() != kRevisionField || value.size() != kRevisionValue) {
        return std::nullopt;
    }
    RevisionLedger::Entry entry;
    Reader key(field);
    entry.key.low = key.number<std::uint64_t>();
    entry.key.high = key.number<std::uint64_t>();
    Reader read(value);
    read.into(entry.content);
    read.into(entry.previous);
    const auto number = read.number<std::uint32_t>();
    entry.number = number & 0x1FFFFFFFU;
    entry.ended = (number & kEnded) != 0;
    entry.returned = (number & kReturned) != 0;
    entry.bucket = bucket_of(read.number<std::uint32_t>(), bucket);
    return entry;
}

std::string field_of(const SourceListings::Change& change) {
    std::string field;
    append(field, change.list);
    return field += change.natural_key;
}

std::string value_of(const SourceListings::Change& change, std::chrono::seconds bucket) {
    const SourceListings::Item& item = change.item;
    std::string value(1, kListedVersion);
    append(value, item.number);
    append(value, item.missing);
    append(value, static_cast<std::uint64_t>(item.ended_at));
    append(value, seconds_of(item.bucket, bucket));
    for (const std::string* text : {&item.kafka_key, &item.summary, &item.note, &item.previous}) {
        append(value, *text);
    }
    return value;
}

std::optional<SourceListings::Change> read_listed(std::string_view field, std::string_view value,
                                                  std::chrono::seconds bucket) {
    SourceListings::Change change;
    Reader key(field);
    change.list = key.text();
    change.natural_key = key.rest();
    SourceListings::Item& item = change.item;
    Reader read(value);
    const auto version = read.number<std::uint8_t>();
    item.number = read.number<std::uint32_t>();
    item.missing = read.number<std::uint32_t>();
    item.ended_at = static_cast<std::int64_t>(read.number<std::uint64_t>());
    item.bucket = bucket_of(read.number<std::uint32_t>(), bucket);
    for (std::string* text : {&item.kafka_key, &item.summary, &item.note, &item.previous}) {
        *text = read.text();
    }
    return key.ok() && read.ok() && version == kListedVersion ? std::optional(std::move(change)) : std::nullopt;
}

} // namespace streaming::detail
