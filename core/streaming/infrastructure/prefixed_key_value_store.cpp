#include "core/streaming/infrastructure/prefixed_key_value_store.hpp"

namespace streaming {

Status PrefixedKeyValueStore::send(std::span<const StoreCommand> commands) {
    keys_.clear();
    for (const StoreCommand& command : commands) {
        keys_ += prefix_;
        keys_ += command.key;
    }
    commands_.assign(commands.begin(), commands.end());
    std::size_t begin = 0;
    for (StoreCommand& command : commands_) {
        const std::size_t bytes = prefix_.size() + command.key.size();
        command.key = std::string_view(keys_).substr(begin, bytes);
        begin += bytes;
    }
    return store_->send(commands_);
}

} // namespace streaming
