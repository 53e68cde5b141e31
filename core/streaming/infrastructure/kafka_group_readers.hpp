#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

/// Reads what consumer groups have committed, through a consumer of each group that never joins it: opened on first
/// use, kept until the end. Costs threads for each group, so it is for the few groups that somebody watches.
/// Thread-safe.
///
/// Not with rd_kafka_ListConsumerGroupOffsets: when the broker answers NOT_COORDINATOR, as one does whose table of
/// offsets was made just now or moved, that call takes the process with it
/// (https://github.com/confluentinc/librdkafka/issues/5040, open in 2025), and it does not wait for a coordinator that
/// still loads.
class KafkaGroupReaders {
public:
    explicit KafkaGroupReaders(KafkaOptions kafka) : kafka_(std::move(kafka)) {}

    /// Puts the committed offsets into `partitions`; RD_KAFKA_OFFSET_INVALID where there is none. A coordinator that
    /// moves or loads is asked again within `timeout`. `subject` begins errors.
    Status read(const std::string& group, rd_kafka_topic_partition_list_t& partitions, const std::string& subject,
                std::chrono::milliseconds timeout);

private:
    /// Without a close, which is for members: it could wait for a broker that is gone.
    struct Ender {
        void operator()(rd_kafka_t* client) const noexcept {
            rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    };
    Result<rd_kafka_t*> reader_of(const std::string& group); ///< lent until this is destroyed

    KafkaOptions kafka_;
    std::mutex mutex_{};
    std::map<std::string, std::unique_ptr<rd_kafka_t, Ender>> readers_{};
};

} // namespace streaming::detail
