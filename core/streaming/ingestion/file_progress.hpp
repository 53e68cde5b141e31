#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/ingestion/csv_records.hpp"

namespace streaming::detail {

/// A place in a file of rows: between two of them.
struct FilePlace {
    std::uintmax_t bytes = 0; ///< before it
    CsvPlace before{};        ///< rows, and lines
};

/// How far the rows of a file are settled, pieces being settled in any order: everything before the place that is
/// remembered is. Thread-safe.
class FileProgress : public std::enable_shared_from_this<FileProgress> {
public:
    /// `cursors` may be null: then it is remembered where `remember_in` says, if anywhere.
    FileProgress(std::unique_ptr<CursorStore> cursors, std::string name);
    /// Not where it has cursors of its own. Borrows them; null = nowhere.
    void remember_in(CursorStore* cursors);

    struct Remembered {
        FilePlace place{};
        std::size_t head_bytes = 0; ///< the file began with so many bytes of this hash
        std::string head_hash{};
    };
    /// The cursor; nothing when there is none, or it is none of ours.
    [[nodiscard]] Result<std::optional<Remembered>> load();
    /// The piece of a file that begins with `head` was read; the function is to be told whether it was delivered.
    [[nodiscard]] std::function<void(bool delivered)> piece(FilePlace from, FilePlace to, std::string_view head);
    /// Tries again to save a place that could not be saved.
    [[nodiscard]] Status save();
    /// Where to read again, since a piece was not delivered; once.
    [[nodiscard]] std::optional<FilePlace> take_rewind();
    /// It is another file now: pieces of the old one are nobody's concern.
    void forget();

    [[nodiscard]] static std::string hash_of(std::string_view head);

private:
    struct Piece {
        std::uint64_t number = 0;
        FilePlace from{};
        FilePlace to{};
        std::string head{};
        bool settled = false;
    };
    void settle(std::uint64_t number, bool delivered);
    Status save_it();

    const std::unique_ptr<CursorStore> own_cursors_;
    const std::string name_;

    std::mutex mutex_{}; ///< of all below, and of the store
    CursorStore* cursors_;
    std::deque<Piece> pieces_{};
    std::uint64_t last_ = 0;
    std::optional<FilePlace> rewind_{};
    std::optional<std::string> unsaved_{}; ///< cursor
};

} // namespace streaming::detail
