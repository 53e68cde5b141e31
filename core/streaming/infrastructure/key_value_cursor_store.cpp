#include "core/streaming/infrastructure/key_value_cursor_store.hpp"

#include <span>
#include <vector>

namespace streaming {

Result<StoreReply> KeyValueCursorStore::run(const StoreCommand& command) {
    if (Status sent = store_.send(std::span(&command, 1)); !sent) {
        return sent.error();
    }
    std::vector<StoreReply> replies;
    if (Status received = store_.receive(replies); !received) {
        return received.error();
    }
    return std::move(replies.front());
}

Result<std::optional<std::string>> KeyValueCursorStore::load(std::string_view name) {
    const std::string key = prefix_ + std::string(name);
    auto reply = run({.kind = StoreCommand::Kind::get, .key = key});
    if (!reply) {
        return reply.error();
    }
    return std::move(reply.value().value);
}

Status KeyValueCursorStore::save(std::string_view name, std::string_view value) {
    const std::string key = prefix_ + std::string(name);
    const auto reply = run({.kind = StoreCommand::Kind::set, .key = key, .value = value});
    return reply ? Status() : reply.error();
}

} // namespace streaming
