#include "core/streaming/infrastructure/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <tuple>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/kafka_properties.hpp"

namespace streaming {
namespace {

constexpr auto kCompressions = std::to_array<std::string_view>({"none", "gzip", "snappy", "lz4", "zstd"});

/// Collects the problems of one options struct: `section.key: 'value' ...`.
class Checker {
public:
    explicit Checker(std::string_view section) : section_(section) {}

    void fail(std::string_view key, std::string_view what) {
        problems_.push_back(fmt::format("{}.{}: {}", section_, key, what));
    }

    template <class T>
    void within(std::string_view key, T value, T lowest, T highest) {
        if (value < lowest || value > highest) {
            fail(key, fmt::format("{} is not within {} and {}", value, lowest, highest));
        }
    }
    void within(std::string_view key, std::chrono::milliseconds value, std::chrono::milliseconds lowest,
                std::chrono::milliseconds highest) {
        if (value < lowest || value > highest) {
            fail(key,
                 fmt::format("{} ms is not within {} ms and {} ms", value.count(), lowest.count(), highest.count()));
        }
    }
    void add(std::string_view prefix, const Problems& nested) {
        for (const auto& problem : nested) {
            problems_.push_back(fmt::format("{}.{}", prefix, problem));
        }
    }
    void add(const Problems& more) { problems_.insert(problems_.end(), more.begin(), more.end()); }

    [[nodiscard]] Problems take() { return std::move(problems_); }

private:
    std::string_view section_;
    Problems problems_{};
};

/// host:port, also with a listener name in front (SSL://host:port) and IPv6 in brackets.
bool is_host_and_port(std::string_view server) {
    const auto colon = server.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || server.find_first_of(" \t") != std::string_view::npos) {
        return false;
    }
    const auto digits = server.substr(colon + 1);
    unsigned port = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return failure == std::errc{} && end == digits.data() + digits.size() && port >= 1 && port <= 65535;
}

void check_servers(Checker& check, std::string_view servers) {
    if (servers.empty()) {
        check.fail("bootstrap_servers",
                   "is required: host:port[,host:port], or \"embedded\" for the in-memory broker, which keeps nothing");
        return;
    }
    if (servers == "embedded") {
        return;
    }
    for (std::size_t begin = 0; begin <= servers.size();) {
        const auto comma = std::min(servers.find(',', begin), servers.size());
        if (const auto server = servers.substr(begin, comma - begin); !is_host_and_port(server)) {
            check.fail("bootstrap_servers", fmt::format("'{}' is not host:port", server));
        }
        begin = comma + 1;
    }
}

constexpr std::chrono::milliseconds kDay = 24h;

} // namespace

Problems KafkaOptions::validate() const {
    Checker check("kafka");
    check_servers(check, bootstrap_servers);
    if (client_id.empty()) {
        check.fail("client_id", "must not be empty");
    }
    if (std::ranges::find(kCompressions, compression_type) == kCompressions.end()) {
        check.fail("compression_type",
                   fmt::format("'{}' is not one of {}", compression_type, fmt::join(kCompressions, ", ")));
    }
    check.add(detail::check_properties(properties, allow_insecure));
    return check.take();
}

Problems RedisOptions::validate() const {
    Checker check("redis");
    // The URL may hold a password, so it is never printed.
    if (url.empty()) {
        check.fail("url", "is required: redis://[user:password@]host[:port][/db] or unix:///path");
    } else if (!url.starts_with("redis://") && !url.starts_with("unix://")) {
        check.fail("url", fmt::format("scheme '{}' is not redis:// or unix:///{}", url.substr(0, url.find(':')),
                                      url.starts_with("rediss:") ? "; use a TLS proxy on this machine" : ""));
    } else if (url == "redis://" || url == "unix://" || url == "unix:///") {
        check.fail("url", "names no host or path");
    }
    check.within("connect_timeout", connect_timeout, 1ms, kDay);
    check.within("command_timeout", command_timeout, 1ms, kDay);
    return check.take();
}

Problems DeduplicationOptions::validate() const {
    Checker check("deduplication");
    if (ttl < 1s || ttl > 87'600h) { // ten years: sums with it stay far from the end of the clock
        check.fail("ttl", fmt::format("{} s is not within 1 s and 315360000 s", ttl.count()));
    }
    if (local_cache_ids > 100'000'000) {
        check.fail("local_cache_ids", fmt::format("{} is not at most 100000000", local_cache_ids));
    }
    return check.take();
}

Problems ErrorHandlingOptions::validate() const {
    Checker check("error_handling");
    if (max_attempts < 1) {
        check.fail("max_attempts", "0 is not at least 1 (the first try counts)");
    }
    check.within("first_delay", first_delay, 0ms, kDay);
    check.within("max_delay", max_delay, 0ms, kDay);
    if (first_delay > max_delay) {
        check.fail("max_delay",
                   fmt::format("{} ms is shorter than first_delay, {} ms", max_delay.count(), first_delay.count()));
    }
    return check.take();
}

bool operator==(const ConsumerOptions& a, const ConsumerOptions& b) {
    const auto plain = [](const ConsumerOptions& o) {
        return std::tie(o.topics, o.group_id, o.start, o.workers, o.ordering, o.broadcast, o.catch_up_first,
                        o.handler_timeout, o.max_batch, o.max_in_flight, o.max_in_flight_bytes, o.commit_interval,
                        o.session_timeout, o.heartbeat_interval, o.max_poll_interval, o.group_instance_id);
    };
    const auto errors = [](const ErrorHandlingOptions& o) {
        return std::tie(o.max_attempts, o.first_delay, o.max_delay, o.on_exhausted, o.strict_types,
                        o.on_handler_timeout);
    };
    const auto deduplication = [](const DeduplicationOptions& o) {
        return std::tie(o.enabled, o.key_style, o.ttl, o.local_cache_ids, o.on_store_error);
    };
    const auto same = [](const auto& left, const auto& right, const auto& fields) {
        return left.has_value() == right.has_value() && (!left || fields(*left) == fields(*right));
    };
    return plain(a) == plain(b) && same(a.error_handling, b.error_handling, errors) &&
           same(a.deduplication, b.deduplication, deduplication);
}

Problems ConsumerOptions::validate() const {
    Checker check("consumer");
    if (topics.empty()) {
        check.fail("topics", "at least one is required");
    }
    for (const auto& topic : topics) {
        if (!is_valid_topic(topic)) {
            check.fail("topics", fmt::format("'{}' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)", topic));
        }
    }
    if (group_id.empty() && !broadcast) {
        check.fail("group_id", "must not be empty");
    }
    if (catch_up_first && !broadcast) {
        check.fail("catch_up_first", "is for broadcast flows: others share their topics with other instances");
    }
    if (catch_up_first && start != StartPosition::earliest) {
        check.fail("catch_up_first", "needs start: earliest");
    }
    check.within<std::size_t>("workers", workers, 1, 1024);
    check.within<std::size_t>("max_batch", max_batch, 1, 10'000);
    if (max_in_flight < max_batch) {
        check.fail("max_in_flight", fmt::format("{} is less than max_batch, {}", max_in_flight, max_batch));
    }
    if (max_in_flight_bytes < 1024) {
        check.fail("max_in_flight_bytes", fmt::format("{} is not at least 1024", max_in_flight_bytes));
    }
    check.within("handler_timeout", handler_timeout, 1ms, kDay);
    check.within("commit_interval", commit_interval, 1ms, 1h);
    check.within("session_timeout", session_timeout, 1ms, 1h);
    check.within("heartbeat_interval", heartbeat_interval, 1ms, 1h);
    check.within("max_poll_interval", max_poll_interval, 1ms, kDay);
    if (heartbeat_interval >= session_timeout) {
        check.fail("heartbeat_interval",
                   fmt::format("{} ms is not shorter than session_timeout, {} ms; a third of it is usual",
                               heartbeat_interval.count(), session_timeout.count()));
    }
    if (max_poll_interval < session_timeout) {
        check.fail("max_poll_interval", fmt::format("{} ms is shorter than session_timeout, {} ms",
                                                    max_poll_interval.count(), session_timeout.count()));
    }
    if (error_handling) {
        check.add("consumer", error_handling->validate());
    }
    if (deduplication) {
        check.add("consumer", deduplication->validate());
    }
    return check.take();
}

Problems ProducerOptions::validate() const {
    Checker check("producer");
    check.within("linger", linger, 0ms, 900s);
    check.within<std::size_t>("max_queued_records", max_queued_records, 1, 5'000'000);
    check.within("delivery_timeout", delivery_timeout, 60s, kDay);
    check.within<std::size_t>("max_message_bytes", max_message_bytes, 1'000, 999'000'000);
    if (linger >= delivery_timeout) {
        check.fail("linger", fmt::format("{} ms is not shorter than delivery_timeout, {} ms", linger.count(),
                                         delivery_timeout.count()));
    }
    return check.take();
}

} // namespace streaming
