#include "core/streaming/infrastructure/file_key_value_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/streaming/infrastructure/durable_file.hpp"

namespace streaming {

namespace {

using Kind = StoreCommand::Kind;

// The file is a row of records: length, XXH3-64 of the rest, then operations. A record that is not whole, and all
// behind it, was never acknowledged. Numbers are as this machine writes them: the file does not leave it.

constexpr std::size_t kHead = 12;
/// Small files are never worth to be written anew.
constexpr std::size_t kSmall = std::size_t{1} << 20U;
constexpr std::uint8_t kErase = 0xFF;
/// No operation: when those behind it were done, in the place of when a key expires.
constexpr std::uint8_t kStamp = 0xFE;

template <class Number>
void append_number(std::string& into, Number number) {
    std::array<char, sizeof number> bytes{};
    std::memcpy(bytes.data(), &number, sizeof number);
    into.append(bytes.data(), bytes.size());
}

void append_text(std::string& into, std::string_view text) {
    append_number(into, static_cast<std::uint32_t>(text.size()));
    into += text;
}

template <class Number>
Number take_number(std::string_view& bytes) {
    Number number{};
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return number;
}

/// What was checked as a whole needs no checks part by part.
std::string_view take_text(std::string_view& bytes) {
    const auto size = take_number<std::uint32_t>(bytes);
    const std::string_view text = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return text;
}

void append_record(std::string& into, std::string_view operations) {
    append_number(into, static_cast<std::uint32_t>(operations.size()));
    append_number(into, static_cast<std::uint64_t>(XXH3_64bits(operations.data(), operations.size())));
    into += operations;
}

bool writes(Kind kind) { return kind == Kind::add || kind == Kind::set || kind == Kind::erase || kind == Kind::put; }

Error wrong_kind(std::string_view key) {
    return {.code = ErrorCode::invalid_argument, .message = fmt::format("key {}: holds the other kind of value", key)};
}

} // namespace

FileKeyValueStore::FileKeyValueStore(std::filesystem::path directory, std::string_view name, Clock& clock)
    : directory_(std::move(directory)),
      file_name_(directory_ / (detail::safe_file_name(name) + ".state")),
      clock_(clock) {}

std::int64_t FileKeyValueStore::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(clock_.system_now().time_since_epoch()).count();
}

/// Beside the file, which is replaced now and then. Kept when the file is closed: it is still this process's.
Status FileKeyValueStore::lock() {
    if (lock_ != nullptr || lockless_) {
        return {};
    }
    std::filesystem::path place = file_name_;
    auto taken = detail::FileLock::take(place.replace_extension(".lock"));
    if (!taken) {
        spdlog::warn("{}; that no other process uses the same directory cannot be told", taken.error().message);
        lockless_ = true;
        return {};
    }
    lock_ = std::move(taken).value();
    if (lock_ == nullptr) {
        return Error{.code = ErrorCode::unavailable,
                     .message = fmt::format("{}: another process uses this directory: give each process a "
                                            "state_directory of its own, or let them share sources through Redis",
                                            directory_.string()),
                     .retryable = true};
    }
    return {};
}

Status FileKeyValueStore::open() {
    if (file_) {
        return {};
    }
    if (Status made = detail::make_directory(directory_); !made) {
        return made;
    }
    if (Status locked = lock(); !locked) {
        return locked;
    }
    detail::FileDescriptor file = detail::open_file(file_name_, O_RDWR | O_CREAT | O_APPEND);
    if (!file) {
        return detail::file_failure(file_name_, "opened");
    }
    const auto log = detail::read_all(file, file_name_);
    if (!log) {
        return log.error();
    }
    if (log.value().empty()) { // it was made just now, or by a process that got no further
        if (Status flushed = detail::flush_directory(directory_); !flushed) {
            return flushed;
        }
    }
    entries_.clear();
    replay(log.value());
    forget_expired();
    file_ = std::move(file);
    bytes_when_new_ = bytes_anew();
    if (bytes_ != log.value().size() || is_mostly_old()) { // behind a record that is not whole nothing may be written
        return rewrite();
    }
    return {};
}

/// Leaves in `bytes_` how much of it is whole.
void FileKeyValueStore::replay(std::string_view log) {
    std::string_view rest = log;
    bytes_ = 0;
    while (rest.size() >= kHead) {
        const auto size = take_number<std::uint32_t>(rest);
        const auto sum = take_number<std::uint64_t>(rest);
        if (size > rest.size() || sum != XXH3_64bits(rest.data(), size)) {
            return;
        }
        std::int64_t time = now(); // of a record without a stamp: it is one key as a whole, or of an earlier version
        for (std::string_view operations = rest.substr(0, size); !operations.empty();) {
            (void)apply(operations, time);
        }
        rest.remove_prefix(size);
        bytes_ = log.size() - rest.size();
    }
}

Status FileKeyValueStore::append(std::string_view operations) {
    std::string record;
    append_record(record, operations);
    Status written = detail::write_all(file_, file_name_, record);
    if (written) {
        written = detail::flush_to_disk(file_, file_name_);
    }
    if (!written) {
        close(); // what is in the file is read again
        return written;
    }
    bytes_ += record.size();
    return {};
}

void FileKeyValueStore::forget_expired() {
    std::erase_if(entries_, [time = now()](const auto& entry) {
        return entry.second.expires != 0 && entry.second.expires <= time;
    });
}

/// Of a file that holds what there is, and nothing that was before.
std::size_t FileKeyValueStore::bytes_anew() const {
    std::size_t bytes = 0;
    std::string operation;
    for (const auto& [key, entry] : entries_) {
        operation.clear();
        encode(key, entry, operation);
        bytes += kHead + operation.size();
    }
    return bytes;
}

bool FileKeyValueStore::is_mostly_old() const { return bytes_ > kSmall + 4 * bytes_when_new_; }

Status FileKeyValueStore::rewrite() {
    forget_expired();
    std::string log;
    std::string operation;
    for (const auto& [key, entry] : entries_) {
        operation.clear();
        encode(key, entry, operation);
        append_record(log, operation);
    }
    Status replaced = detail::replace_file(file_name_, log);
    if (replaced) {
        file_ = detail::open_file(file_name_, O_RDWR | O_APPEND);
        replaced = file_ ? Status() : Status(detail::file_failure(file_name_, "opened"));
    }
    if (!replaced) {
        close();
        return replaced;
    }
    bytes_ = bytes_when_new_ = log.size();
    return {};
}

void FileKeyValueStore::encode(std::string_view key, const Entry& entry, std::string& into) {
    append_number(into, static_cast<std::uint8_t>(entry.holds));
    append_number(into, entry.expires);
    append_text(into, key);
    append_number(into, static_cast<std::uint32_t>(entry.content.size()));
    for (const auto& [field, value] : entry.content) {
        append_text(into, field);
        append_text(into, value);
    }
}

void FileKeyValueStore::encode(const StoreCommand& command, std::string& into) const {
    const bool pairs = command.kind == Kind::put;
    const Holds holds = command.kind == Kind::add ? Holds::members : pairs ? Holds::fields : Holds::value;
    append_number(into, command.kind == Kind::erase ? kErase : static_cast<std::uint8_t>(holds));
    append_number(into, command.ttl.count() == 0 ? std::int64_t{0} : now() + command.ttl.count());
    append_text(into, command.key);
    const std::size_t count = command.kind == Kind::set ? 1
                              : pairs                   ? command.members.size() / 2
                                                        : command.members.size();
    append_number(into, static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
        append_text(into, command.kind == Kind::set ? "" : command.members[pairs ? 2 * i : i]);
        append_text(into, command.kind == Kind::set ? command.value : pairs ? command.members[2 * i + 1] : "");
    }
}

/// What begins a record. Whether a key had expired is a question of when it was written, not of when it is read.
std::string FileKeyValueStore::stamp() const {
    std::string into;
    append_number(into, kStamp);
    append_number(into, now());
    append_text(into, "");
    append_number(into, std::uint32_t{0});
    return into;
}

/// Takes one operation off the front. False when the key holds something else.
bool FileKeyValueStore::apply(std::string_view& operations, std::int64_t& time) {
    const auto holds = take_number<std::uint8_t>(operations);
    const auto expires = take_number<std::int64_t>(operations);
    time = holds == kStamp ? expires : time;
    const std::string key(take_text(operations));
    const auto count = take_number<std::uint32_t>(operations);
    Entry* entry = nullptr;
    bool fits = true;
    if (holds == kErase) {
        entries_.erase(key);
    } else if (count > 0) {
        entry = &entries_[key];
        if (entry->expires != 0 && entry->expires <= time) {
            *entry = {};
        }
        const Holds wanted{holds};
        fits = entry->content.empty() || entry->holds == wanted || wanted == Holds::value;
        if (wanted == Holds::value) {
            *entry = {}; // takes the place of anything
        }
        if (fits) {
            entry->holds = wanted;
            entry->expires = expires;
        }
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view field = take_text(operations);
        const std::string_view value = take_text(operations);
        if (entry != nullptr && fits) {
            entry->content.insert_or_assign(std::string(field), value);
        }
    }
    return fits;
}

const FileKeyValueStore::Entry* FileKeyValueStore::find(std::string_view key) const {
    const auto found = entries_.find(key);
    const bool there = found != entries_.end() && (found->second.expires == 0 || found->second.expires > now());
    return there ? &found->second : nullptr;
}

Result<StoreReply> FileKeyValueStore::answer(const StoreCommand& command) const {
    const Entry* entry = find(command.key);
    const Holds wanted = command.kind == Kind::contains ? Holds::members
                         : command.kind == Kind::fields ? Holds::fields
                                                        : Holds::value;
    if (entry != nullptr && entry->holds != wanted && command.kind != Kind::exists) {
        return wrong_kind(command.key);
    }
    StoreReply reply;
    switch (command.kind) {
        case Kind::contains:
            for (const std::string_view member : command.members) {
                reply.found.push_back(entry != nullptr && entry->content.contains(std::string(member)) ? 1 : 0);
            }
            return reply;
        case Kind::get:
            if (entry != nullptr) {
                reply.value = entry->content.at("");
            }
            return reply;
        case Kind::exists:
            reply.found.push_back(entry != nullptr ? 1 : 0);
            return reply;
        case Kind::fields:
            if (entry != nullptr) {
                for (const auto& [field, value] : entry->content) {
                    reply.texts.push_back(field);
                    reply.texts.push_back(value);
                }
            }
            return reply;
        default:
            return Error{.code = ErrorCode::invalid_argument,
                         .message = fmt::format("{}: a file is not shared among processes", file_name_.string())};
    }
}

Status FileKeyValueStore::ping() { return open(); }

Status FileKeyValueStore::send(std::span<const StoreCommand> commands) {
    if (Status opened = open(); !opened) {
        return opened;
    }
    std::string operations;
    for (const StoreCommand& command : commands) {
        if (writes(command.kind)) {
            operations += operations.empty() ? stamp() : "";
            encode(command, operations);
        }
    }
    if (!operations.empty()) {
        if (Status written = append(operations); !written) {
            return written;
        }
    }
    std::vector<StoreReply> replies;
    std::optional<Error> first_error;
    std::string_view rest = operations;
    std::int64_t time = now();
    if (!rest.empty()) {
        (void)apply(rest, time); // its stamp
    }
    for (const StoreCommand& command : commands) {
        Result<StoreReply> reply =
            writes(command.kind)
                ? apply(rest, time) ? Result<StoreReply>(StoreReply{}) : Result<StoreReply>(wrong_kind(command.key))
                : answer(command);
        if (reply) {
            replies.push_back(std::move(reply).value());
        } else if (!first_error) {
            first_error = reply.error(); // the others of the pipeline run all the same
        }
    }
    unanswered_.push_back(first_error ? Result<std::vector<StoreReply>>(*first_error)
                                      : Result<std::vector<StoreReply>>(std::move(replies)));
    if (is_mostly_old()) {
        if (Status rewritten = rewrite(); !rewritten) {
            return rewritten;
        }
    }
    return {};
}

Status FileKeyValueStore::receive(std::vector<StoreReply>& replies) {
    if (unanswered_.empty()) {
        return Error{.code = ErrorCode::unavailable, .message = "no answer is outstanding", .retryable = true};
    }
    Result<std::vector<StoreReply>> answer = std::move(unanswered_.front());
    unanswered_.pop_front();
    if (!answer) {
        unanswered_.clear();
        return answer.error();
    }
    replies = std::move(answer).value();
    return {};
}

void FileKeyValueStore::close() noexcept {
    file_.reset();
    entries_.clear();
    unanswered_.clear();
}

} // namespace streaming
