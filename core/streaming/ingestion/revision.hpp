#pragma once

#include <chrono>
#include <string>

namespace streaming {

/// Which state of a thing was read.
struct Revision {
    unsigned number = 0;    ///< 0 = as it was first seen; it counts on with each change and each end
    std::string previous{}; ///< hash of the content before, text of 36 characters; empty for number 0
    std::string content{};  ///< the same of the content as it is; empty for number 0
    bool returned = false;  ///< the number before this one was that of its end
};

/// Something that was on a list of what is active, and no longer is.
struct Ended {
    std::string natural_key{};
    std::string kafka_key{}; ///< as it was listed last
    std::string summary{};   ///< as it was listed last
    /// One more than the revision of the natural key that was read last: unlike any number it had or will have.
    unsigned number = 0;
    std::string previous{};                     ///< hash of the content read last; empty when it has no revisions
    std::chrono::system_clock::time_point at{}; ///< when it was found missing first
    unsigned missing = 1;                       ///< complete lists in a row without it, until it ended
    std::string note{};                         ///< whatever the handler found out when it ended; kept with the end
};

} // namespace streaming
