#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// What the driver asks the broker, without the framework: it checks the framework's work. A failure ends the program.
namespace bench {

/// Makes a topic on a real broker (the embedded one makes its own).
void create_topic(const std::string& brokers, const std::string& topic, std::int32_t partitions);
void delete_topic(const std::string& brokers, const std::string& topic);

/// Where each partition ends.
[[nodiscard]] std::vector<std::int64_t> high_watermarks(const std::string& brokers, const std::string& topic,
                                                        std::int32_t partitions);
/// Records a group has committed: the sum of its offsets. The topic begins at offset 0.
[[nodiscard]] std::int64_t records_committed(const std::string& brokers, const std::string& group,
                                             const std::string& topic, std::int32_t partitions);

} // namespace bench
