#include "core/streaming/infrastructure/kafka_lag_probe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/streaming/infrastructure/kafka_errors.hpp"
#include "core/streaming/infrastructure/kafka_partitions.hpp"

namespace streaming {
namespace {

using detail::KafkaPartitions;
using std::chrono::steady_clock;

std::span<rd_kafka_topic_partition_t> elements_of(const rd_kafka_topic_partition_list_t& list) {
    return {list.elems, static_cast<std::size_t>(list.cnt)};
}

/// One question about a group and a topic, with one deadline for all its parts.
class Inquiry {
public:
    Inquiry(rd_kafka_t* client, const std::string& topic, std::chrono::milliseconds timeout)
        : client_(client), topic_(topic), deadline_(steady_clock::now() + timeout) {}

    Result<std::vector<PartitionLag>> ask_lag(detail::KafkaGroupReaders& readers, const std::string& group) {
        readers_ = &readers;
        group_ = group;
        return run({&Inquiry::read_committed, &Inquiry::read_high, &Inquiry::count});
    }
    Result<std::vector<PartitionLag>> ask_ends() { return run({&Inquiry::read_high}); }

private:
    Result<std::vector<PartitionLag>> run(
        std::initializer_list<Status (Inquiry::*)(std::vector<PartitionLag>&)> steps) {
        auto count = detail::partition_count(client_, topic_, left());
        if (!count) {
            return count.error();
        }
        if (!count.value()) {
            return Error{ErrorCode::not_found, fmt::format("topic {}: does not exist", topic_), true};
        }
        std::vector<PartitionLag> lags;
        lags.reserve(static_cast<std::size_t>(*count.value()));
        for (std::int32_t partition = 0; partition < *count.value(); ++partition) {
            lags.push_back({.topic = topic_, .partition = partition, .committed = -1});
        }
        for (const auto step : steps) {
            if (auto status = (this->*step)(lags); !status) {
                return status.error();
            }
        }
        return lags;
    }

    [[nodiscard]] std::chrono::milliseconds left() const {
        return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - steady_clock::now()),
                        std::chrono::milliseconds(1));
    }
    [[nodiscard]] KafkaPartitions list_of(const std::vector<PartitionLag>& lags) const {
        KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(lags.size())));
        for (const auto& lag : lags) {
            rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), lag.partition);
        }
        return list;
    }
    [[nodiscard]] std::string subject() const {
        return group_.empty() ? fmt::format("end of topic {}", topic_)
                              : fmt::format("lag of group {} on topic {}", group_, topic_);
    }
    [[nodiscard]] Error failed(rd_kafka_resp_err_t code) const { return detail::kafka_error(code, subject()); }

    Status read_committed(std::vector<PartitionLag>& lags) {
        const auto list = list_of(lags);
        if (auto status = readers_->read(group_, *list, subject(), left()); !status) {
            return status;
        }
        return copy(*list, lags, &PartitionLag::committed);
    }

    Status read_high(std::vector<PartitionLag>& lags) {
        return read_edge(lags, RD_KAFKA_OFFSET_END, &PartitionLag::high);
    }

    Status count(std::vector<PartitionLag>& lags) {
        auto low = lags;
        if (std::ranges::any_of(lags, [](const PartitionLag& lag) { return lag.committed < 0; })) {
            if (auto status = read_edge(low, RD_KAFKA_OFFSET_BEGINNING, &PartitionLag::committed); !status) {
                return status;
            }
        }
        for (std::size_t i = 0; i < lags.size(); ++i) {
            const std::int64_t from = lags[i].committed < 0 ? low[i].committed : lags[i].committed;
            lags[i].lag = std::max<std::int64_t>(lags[i].high - from, 0);
        }
        return {};
    }

    /// All partitions in one request per leader. It keeps its timeout, which rd_kafka_query_watermark_offsets of 2.0.2
    /// does not: that one waits for ever for a leader that is dead.
    Status read_edge(std::vector<PartitionLag>& lags, std::int64_t edge, std::int64_t PartitionLag::*into) const {
        const auto list = list_of(lags);
        for (auto& element : elements_of(*list)) {
            element.offset = edge;
        }
        if (const auto failure = rd_kafka_offsets_for_times(client_, list.get(), detail::to_wait(left()));
            failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return failed(failure);
        }
        return copy(*list, lags, into);
    }

    Status copy(const rd_kafka_topic_partition_list_t& from, std::vector<PartitionLag>& lags,
                std::int64_t PartitionLag::*into) const {
        for (const auto& element : elements_of(from)) {
            if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                return failed(element.err);
            }
            const auto lag = std::ranges::find(lags, element.partition, &PartitionLag::partition);
            if (lag != lags.end()) {
                (*lag).*into = element.offset >= 0 ? element.offset : -1;
            }
        }
        return {};
    }

    rd_kafka_t* client_;
    const std::string& topic_;
    detail::KafkaGroupReaders* readers_ = nullptr;
    std::string group_{}; ///< empty = only the topic is asked about
    steady_clock::time_point deadline_;
};

} // namespace

Result<std::vector<PartitionLag>> KafkaLagProbe::lag(const std::string& group, const std::string& topic,
                                                     std::chrono::milliseconds timeout) {
    auto client = client_.get();
    if (!client) {
        return client.error();
    }
    return Inquiry(client.value(), topic, timeout).ask_lag(readers_, group);
}

Result<std::vector<TopicOffset>> KafkaLagProbe::end_offsets(const std::string& topic,
                                                            std::chrono::milliseconds timeout) {
    auto client = client_.get();
    if (!client) {
        return client.error();
    }
    const auto partitions = Inquiry(client.value(), topic, timeout).ask_ends();
    if (!partitions) {
        return partitions.error();
    }
    std::vector<TopicOffset> ends;
    for (const PartitionLag& partition : partitions.value()) {
        ends.push_back({partition.topic, partition.partition, partition.high});
    }
    return ends;
}

} // namespace streaming
