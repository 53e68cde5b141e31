#pragma once

#include <microhttpd.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/http_server.hpp"

namespace streaming::detail {

/// Requests whose handler answers later, their connections suspended meanwhile. Used by the server's thread; only
/// `wake` and the functions that `reply_to` makes are for any.
class LaterAnswers {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    LaterAnswers();
    [[nodiscard]] bool open();
    /// All are answered: come again. No request may be added any more.
    void close() noexcept;
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    /// For who is not answered in time, or asks when the server stops.
    [[nodiscard]] static ServedResponse come_again();

    [[nodiscard]] std::uint64_t add(MHD_Connection* connection, SteadyTime deadline);
    [[nodiscard]] HttpServer::Answer reply_to(std::uint64_t request) const;
    [[nodiscard]] std::size_t size() const noexcept { return requests_.size(); }

    /// Those whose time is over are answered; how long until the next one.
    [[nodiscard]] std::optional<std::chrono::milliseconds> end_late_ones();
    /// Connections whose answer is there since the last call, to be resumed.
    [[nodiscard]] std::vector<MHD_Connection*> answered();
    /// The answer of one of those.
    [[nodiscard]] ServedResponse take(std::uint64_t request);

    void wake() const noexcept;
    [[nodiscard]] int wake_fd() const noexcept;

private:
    struct Request {
        MHD_Connection* connection = nullptr;
        SteadyTime deadline{};
        std::optional<ServedResponse> answer{};
    };
    /// Where answers come in; lives as long as somebody may give one.
    struct Inbox {
        FileDescriptor wake{};
        std::mutex mutex{};
        std::map<std::uint64_t, ServedResponse> answers{};
    };

    std::shared_ptr<Inbox> inbox_;
    std::map<std::uint64_t, Request> requests_{};
    std::uint64_t last_ = 0;
    bool closed_ = false;
};

} // namespace streaming::detail
