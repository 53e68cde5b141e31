#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/key_value_store.hpp"

namespace streaming {

/// A store of one's own inside another: all keys get a prefix. Used by one thread at a time, like what it wraps.
class PrefixedKeyValueStore final : public KeyValueStore {
public:
    PrefixedKeyValueStore(std::unique_ptr<KeyValueStore> store, std::string prefix)
        : store_(std::move(store)), prefix_(std::move(prefix)) {}

    Status ping() override { return store_->ping(); }
    Status send(std::span<const StoreCommand> commands) override;
    Status receive(std::vector<StoreReply>& replies) override { return store_->receive(replies); }
    void close() noexcept override { store_->close(); }

private:
    std::unique_ptr<KeyValueStore> store_;
    std::string prefix_;
    std::string keys_{}; ///< scratch of send
    std::vector<StoreCommand> commands_{};
};

} // namespace streaming
