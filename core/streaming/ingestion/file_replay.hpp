#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/cursor_store.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/csv_records.hpp"
#include "core/streaming/ingestion/file_progress.hpp"
#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

struct FileReplayOptions {
    enum class Format { csv, ndjson };

    std::filesystem::path path{};
    Format format = Format::csv;
    CsvOptions table{};     ///< csv
    RecordOptions record{}; ///< what becomes of a row
    std::size_t rows_per_poll = 10'000;
    std::size_t max_bytes = 16U * 1024U * 1024U; ///< read at once at most, more than a row may have
    /// How much faster than they happened the rows come: 1 = as they happened, by `record.event_time`; 0 = at once.
    double speed = 0;
    /// A last line without its end is taken when the file has not grown for so long: until then somebody may be writing
    /// it. 0 = the file is complete.
    std::chrono::milliseconds last_line_after{60'000};
    std::string cursor{}; ///< the name under which the place is remembered
};

/// Reads a file of rows from its beginning to its end, piece by piece, and what is appended to it later. Never part of
/// a row that is being written. A file that became shorter, or begins otherwise than before, is another one and is read
/// from its beginning.
///
/// With a CursorStore, its own or the source's, a restart goes on behind the last row that was settled, all before it
/// being settled too. Without, it begins anew. Rows that were given up are read again. A row says its number in the
/// file when it is rejected.
class FileReplay final : public Connector {
public:
    /// `cursors` may be null: then those of the source are used. The handler is for answers of this connector alone, by
    /// the same thread.
    FileReplay(Clock& clock, FileReplayOptions options, std::unique_ptr<CursorStore> cursors);
    [[nodiscard]] SourceHandler handler() const;

    /// Never waits. The error is one of the file, or of the cursor: one that cannot be read would have all read again,
    /// one that cannot be saved is told when there are no rows, and saved then if that works by now.
    Result<Response> fetch(const Request& request) override;
    void on_news(std::function<void()> news) override;

private:
    struct Piece {
        std::string table{};  ///< the header, unless it is part of the rows, and whole rows
        bool is_last = false; ///< it was read to the end of the file
    };
    struct Cut {
        std::size_t bytes = 0; ///< of the text, header included
        CsvPlace rows{};
    };
    [[nodiscard]] Status begin();
    void begin_anew();
    [[nodiscard]] Status find_place(std::uintmax_t size);
    [[nodiscard]] Result<Piece> read_rows(std::uintmax_t size, std::size_t bytes);
    Response give(Piece piece, const Cut& rows);
    [[nodiscard]] Result<Response> nothing();
    /// Puts what it reads behind `text`.
    [[nodiscard]] Result<std::string> read(std::uintmax_t from, std::size_t bytes, std::string text = {}) const;
    [[nodiscard]] Result<bool> is_the_same_file(std::uintmax_t size) const;
    [[nodiscard]] bool may_take_last_line(std::uintmax_t size);
    [[nodiscard]] Status read_header();
    [[nodiscard]] Result<Cut> cut(std::string_view text);
    [[nodiscard]] Cut cut_csv(std::string_view text);
    [[nodiscard]] Cut cut_lines(std::string_view text);
    [[nodiscard]] bool is_due(const nlohmann::json& record);
    Response take(std::string text, const Cut& rows);
    void tell();

    Clock& clock_;
    const FileReplayOptions options_;
    const std::shared_ptr<detail::FileProgress> progress_;
    const std::shared_ptr<CsvPlace> before_ =
        std::make_shared<CsvPlace>(); ///< what the handler is told beside an answer

    bool begun_ = false;
    detail::FilePlace next_{};                  ///< where the next row begins
    std::size_t at_once_ = options_.max_bytes;  ///< read first, of what is there
    std::string head_{};                        ///< how the file begins
    std::string header_{};                      ///< csv: of the table, with what is in front of it
    std::optional<std::uintmax_t> seen_size_{}; ///< of a file whose last line has no end
    Clock::steady_time seen_at_{};
    struct Start {
        Clock::steady_time at{};
        std::chrono::system_clock::time_point event{};
    };
    std::optional<Start> start_{}; ///< of the pace

    std::mutex news_mutex_{};
    std::function<void()> news_{};
};

} // namespace streaming
