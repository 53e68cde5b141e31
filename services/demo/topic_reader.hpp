#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace services::demo {

/// Reads topics as any other program would: plain librdkafka, nothing of the framework. It is the second pair of eyes
/// of the account. Blocks; used by one thread. Failures throw std::runtime_error.
class TopicReader {
public:
    struct Range {
        std::int64_t first = 0; ///< oldest offset that is kept
        std::int64_t end = 0;   ///< offset of the next record
    };
    using Ranges = std::map<std::int32_t, Range>; ///< by partition; empty = there is no such topic

    struct Count {
        std::uint64_t all = 0;   ///< records there are
        std::uint64_t added = 0; ///< of these, those behind the `before` that was given
    };

    explicit TopicReader(const std::string& bootstrap_servers);
    ~TopicReader();
    TopicReader(const TopicReader&) = delete;
    TopicReader& operator=(const TopicReader&) = delete;

    [[nodiscard]] Ranges ranges(const std::string& topic) const;
    /// Reads every record from the oldest to the end that the topic has now.
    [[nodiscard]] Count count(const std::string& topic, const Ranges& before) const;
    /// The payloads of these records, each partition in order.
    [[nodiscard]] std::vector<std::string> payloads(const std::string& topic) const;

private:
    struct State;
    struct Record {
        std::int32_t partition = 0;
        std::int64_t offset = 0;
        std::string_view payload{};
    };
    void read(const std::string& topic, const std::function<void(const Record&)>& visit) const;

    std::unique_ptr<State> state_;
};

} // namespace services::demo
