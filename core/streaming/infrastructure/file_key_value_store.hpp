#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/file_descriptor.hpp"
#include "core/streaming/infrastructure/file_lock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"

namespace streaming {

/// A key-value store of one process in one file, where there is no Redis: all of it in memory, and each pipeline that
/// writes is appended to the file and flushed to the disk, as a whole or not at all. A file that has grown to several
/// times what it holds is written anew beside itself and renamed. Values, sets and hashes; what processes share among
/// each other (`acquire`, `release`, `announce`, `depart`) is an error. Used by one thread, and nobody else may write
/// the file: while another process has it, which a lock beside it (`.lock`) tells, everything is an error. On a
/// filesystem without locks the log says so, and the file is used all the same. Borrows the clock.
class FileKeyValueStore final : public KeyValueStore {
public:
    /// The file is `name` with everything but A-Z a-z 0-9 _ - as %XX, and `.state`. The first use reads it.
    FileKeyValueStore(std::filesystem::path directory, std::string_view name, Clock& clock);
    Status ping() override;
    Status send(std::span<const StoreCommand> commands) override;
    Status receive(std::vector<StoreReply>& replies) override;
    void close() noexcept override;

    /// Of the file, as it is.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    enum class Holds : std::uint8_t { value, members, fields };
    struct Entry {
        Holds holds = Holds::value;
        std::int64_t expires = 0;                               ///< milliseconds since 1970; 0 = never
        std::unordered_map<std::string, std::string> content{}; ///< value: under "", members: of empty values
    };

    Status open();
    Status lock();
    Status append(std::string_view record);
    Status rewrite();
    void replay(std::string_view log);
    void forget_expired();
    [[nodiscard]] std::size_t bytes_anew() const;
    [[nodiscard]] bool is_mostly_old() const;
    static void encode(std::string_view key, const Entry& entry, std::string& into);
    /// What the command writes, encoded; nothing when it writes nothing.
    void encode(const StoreCommand& command, std::string& into) const;
    [[nodiscard]] std::string stamp() const;
    bool apply(std::string_view& log, std::int64_t& time);
    [[nodiscard]] Result<StoreReply> answer(const StoreCommand& command) const;
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] std::int64_t now() const;

    const std::filesystem::path directory_;
    const std::filesystem::path file_name_;
    Clock& clock_;
    std::unique_ptr<detail::FileLock> lock_{}; ///< from the first use on
    bool lockless_ = false;                    ///< it cannot be locked
    detail::FileDescriptor file_{};
    std::size_t bytes_ = 0;
    std::size_t bytes_when_new_ = 0; ///< after it was written anew
    std::map<std::string, Entry, std::less<>> entries_{};
    std::deque<Result<std::vector<StoreReply>>> unanswered_{};
};

} // namespace streaming
