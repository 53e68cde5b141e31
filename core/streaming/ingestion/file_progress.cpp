#include "core/streaming/ingestion/file_progress.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"

namespace streaming::detail {

using nlohmann::json;

FileProgress::FileProgress(std::unique_ptr<CursorStore> cursors, std::string name)
    : own_cursors_(std::move(cursors)), name_(std::move(name)), cursors_(own_cursors_.get()) {}

void FileProgress::remember_in(CursorStore* cursors) {
    const std::scoped_lock lock(mutex_);
    cursors_ = own_cursors_ != nullptr ? own_cursors_.get() : cursors;
}

Result<std::optional<FileProgress::Remembered>> FileProgress::load() {
    const std::scoped_lock lock(mutex_);
    std::optional<Remembered> found;
    if (cursors_ == nullptr) {
        return found;
    }
    const auto saved = cursors_->load(name_);
    if (!saved) {
        return saved.error();
    }
    const json cursor = json::parse(saved.value().value_or(""), nullptr, false);
    try {
        found = Remembered{.place = {.bytes = cursor.at("bytes").get<std::uintmax_t>(),
                                     .before = {.rows = cursor.at("rows").get<std::size_t>(),
                                                .lines = cursor.at("lines").get<std::size_t>()}},
                           .head_bytes = cursor.at("head_bytes").get<std::size_t>(),
                           .head_hash = cursor.at("head").get<std::string>()};
    } catch (const json::exception&) {
        found.reset();
    }
    return found;
}

std::function<void(bool)> FileProgress::piece(FilePlace from, FilePlace to, std::string_view head) {
    const std::scoped_lock lock(mutex_);
    pieces_.push_back({.number = ++last_, .from = from, .to = to, .head = std::string(head)});
    return [weak = weak_from_this(), number = last_](bool delivered) {
        if (const auto self = weak.lock()) {
            self->settle(number, delivered);
        }
    };
}

void FileProgress::settle(std::uint64_t number, bool delivered) {
    const std::scoped_lock lock(mutex_);
    const auto piece = std::ranges::find(pieces_, number, &Piece::number);
    if (piece == pieces_.end()) {
        return;
    }
    if (!delivered) { // it and what is behind it are read again; those that were delivered are known by their ids
        rewind_ = piece->from;
        pieces_.erase(piece, pieces_.end());
        return;
    }
    piece->settled = true;
    std::optional<Piece> reached;
    while (!pieces_.empty() && pieces_.front().settled) {
        reached = std::move(pieces_.front());
        pieces_.pop_front();
    }
    if (reached && cursors_ != nullptr) {
        const json cursor{{"bytes", reached->to.bytes},
                          {"rows", reached->to.before.rows},
                          {"lines", reached->to.before.lines},
                          {"head_bytes", reached->head.size()},
                          {"head", hash_of(reached->head)}};
        unsaved_ = cursor.dump();
        (void)save_it().ok(); // who asks by `save` is told
    }
}

Status FileProgress::save() {
    const std::scoped_lock lock(mutex_);
    return save_it();
}

Status FileProgress::save_it() {
    Status saved = unsaved_ ? cursors_->save(name_, *unsaved_) : Status();
    if (saved) {
        unsaved_.reset();
    }
    return saved;
}

std::optional<FilePlace> FileProgress::take_rewind() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(rewind_, std::nullopt);
}

void FileProgress::forget() {
    const std::scoped_lock lock(mutex_);
    pieces_.clear();
    rewind_.reset();
    unsaved_.reset();
}

std::string FileProgress::hash_of(std::string_view head) {
    const std::array<std::string_view, 1> parts{head};
    return to_string(derive_uuid_v8({}, parts, 0));
}

} // namespace streaming::detail
