#pragma once

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <optional>

namespace streaming::detail {

/// Which connections are open and until when each may take. libmicrohttpd knows only a limit of silence, which a client
/// that sends a byte now and then never reaches.
class OpenConnections {
public:
    OpenConnections(std::size_t most, std::chrono::seconds time) : most_(most), time_(time) {}

    void opened(MHD_Connection* connection) {
        if (waiting_.size() >= most_) {
            shut(waiting_.front().connection);
            waiting_.pop_front();
        }
        waiting_.push_back({connection, std::chrono::steady_clock::now() + time_});
    }
    void answered(MHD_Connection* connection) {
        const auto found = std::ranges::find(waiting_, connection, &Entry::connection);
        if (found != waiting_.end()) {
            found->deadline = std::chrono::steady_clock::now() + time_;
            waiting_.splice(waiting_.end(), waiting_, found);
        }
    }
    /// It waits for the handler now, which has a time of its own.
    void paused(MHD_Connection* connection) { closed(connection); }
    void resumed(MHD_Connection* connection) {
        waiting_.push_back({connection, std::chrono::steady_clock::now() + time_});
    }
    void closed(MHD_Connection* connection) {
        waiting_.remove_if([&](const Entry& entry) { return entry.connection == connection; });
    }
    /// Ends those whose time is over; how long until the next one.
    std::optional<std::chrono::milliseconds> shut_late_ones() {
        const auto now = std::chrono::steady_clock::now();
        while (!waiting_.empty() && waiting_.front().deadline <= now) {
            shut(waiting_.front().connection);
            waiting_.pop_front();
        }
        return waiting_.empty()
                   ? std::nullopt
                   : std::optional(std::chrono::ceil<std::chrono::milliseconds>(waiting_.front().deadline - now));
    }

private:
    struct Entry {
        MHD_Connection* connection = nullptr;
        std::chrono::steady_clock::time_point deadline{};
    };

    /// libmicrohttpd sees the end of the stream in its next round and closes.
    static void shut(MHD_Connection* connection) {
        if (const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)) {
            ::shutdown(info->connect_fd, SHUT_RDWR);
        }
    }

    std::size_t most_;
    std::chrono::seconds time_;
    std::list<Entry> waiting_{}; ///< next to be late first
};

} // namespace streaming::detail
