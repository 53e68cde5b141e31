#pragma once

#include <memory>

#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

class RedisConnection;

/// KeyValueStore on Redis 6.2 or newer (hiredis). One blocking connection, opened by the first call and again after an
/// error; login and database are part of opening it. A call blocks for the connect timeout and the command timeout at
/// most. No text holds the user or the password. `ping` needs every answer to have been received.
class RedisKeyValueStore final : public KeyValueStore {
public:
    /// Opens nothing; what is wrong with the URL is the error of the first call.
    explicit RedisKeyValueStore(const RedisOptions& options);
    ~RedisKeyValueStore() override;
    RedisKeyValueStore(const RedisKeyValueStore&) = delete;
    RedisKeyValueStore& operator=(const RedisKeyValueStore&) = delete;

    Status ping() override;
    Status send(std::span<const StoreCommand> commands) override;
    Status receive(std::vector<StoreReply>& replies) override;
    void close() noexcept override;

private:
    /// What the answer to one command has to look like.
    struct Expected {
        StoreCommand::Kind kind = StoreCommand::Kind::get;
        std::size_t members = 0;
        bool expires = false;
    };
    Status ensure_connected();
    Status receive_all(std::span<const Expected> commands, std::vector<StoreReply>& replies);

    std::unique_ptr<RedisConnection> connection_;
    std::string requests_{};                           ///< scratch of send
    std::vector<std::vector<Expected>> outstanding_{}; ///< oldest first; few
    std::vector<std::vector<Expected>> spare_{};
};

} // namespace streaming
