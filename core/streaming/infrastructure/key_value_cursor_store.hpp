#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"

namespace streaming {

/// Keys `cursor:{service}:{name}` of a key-value store, such as Redis, for ever. As durable as the store is: a Redis
/// that keeps nothing on disk forgets with its process. Borrows the store; used by the thread that uses that.
class KeyValueCursorStore final : public CursorStore {
public:
    KeyValueCursorStore(KeyValueStore& store, std::string_view service)
        : store_(store), prefix_("cursor:" + std::string(service) + ":") {}
    Result<std::optional<std::string>> load(std::string_view name) override;
    Status save(std::string_view name, std::string_view value) override;

private:
    [[nodiscard]] Result<StoreReply> run(const StoreCommand& command);

    KeyValueStore& store_;
    std::string prefix_;
};

} // namespace streaming
