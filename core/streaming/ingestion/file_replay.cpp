#include "core/streaming/ingestion/file_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/json_depth.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/file_state.hpp"
#include "core/streaming/ingestion/record_event.hpp"

namespace streaming {
namespace {

using nlohmann::json;
using Format = FileReplayOptions::Format;

/// So many bytes tell one file from another.
constexpr std::size_t kHeadBytes = 1024;

/// What the rows of a poll take is guessed from what those of the last one took: more than that, and more again while
/// there are fewer rows in it. To read all that may be read would cost more than all the rest of a poll.
constexpr std::size_t kLeastAtOnce = 64U * 1024U;
constexpr std::size_t kTimesLast = 2;
constexpr std::size_t kMoreAtOnce = 4;

std::size_t lines_of(std::string_view text) {
    const auto count = [&](char end) { return static_cast<std::size_t>(std::ranges::count(text, end)); };
    return std::max(count('\n'), text.find('\n') == std::string_view::npos ? count('\r') : 0);
}

} // namespace

FileReplay::FileReplay(Clock& clock, FileReplayOptions options, std::unique_ptr<CursorStore> cursors)
    : clock_(clock),
      options_(std::move(options)),
      progress_(std::make_shared<detail::FileProgress>(std::move(cursors), options_.cursor)) {}

SourceHandler FileReplay::handler() const {
    return [before = before_, options = options_](const Response& answer, SourceContext& context) {
        if (options.format == Format::csv) {
            const CsvRecordsOptions table{.table = options.table, .record = options.record};
            (void)emit_csv_records(answer.body, table, *before, context);
        } else {
            (void)for_each_line(answer.body, before->rows, context,
                                [&](const json& record) { emit_record(record, options.record, context); });
        }
    };
}

Result<Response> FileReplay::fetch(const Request& request) {
    progress_->remember_in(request.cursors);
    const auto state = detail::look_at_file(options_.path);
    if (!state) {
        return state.error();
    }
    const std::uintmax_t size = state.value().size;
    if (Status found = find_place(size); !found) {
        return found.error();
    }
    Piece piece;
    Cut rows;
    bool may_have_more = true;
    for (std::size_t bytes = at_once_; may_have_more; bytes = std::min(options_.max_bytes, kMoreAtOnce * bytes)) {
        auto text = read_rows(size, bytes);
        if (!text) {
            return text.error();
        }
        piece = std::move(text).value();
        const auto some = cut(piece.table);
        if (!some) {
            return some.error();
        }
        rows = some.value();
        may_have_more = rows.bytes == piece.table.size() && rows.rows.rows < options_.rows_per_poll && !piece.is_last &&
                        bytes < options_.max_bytes;
    }
    return rows.bytes > header_.size() ? give(std::move(piece), rows) : nothing();
}

/// Where to read on: in the same file, or at the beginning of another one.
Status FileReplay::find_place(std::uintmax_t size) {
    if (Status begun = begin(); !begun) {
        return begun;
    }
    if (const auto again = progress_->take_rewind()) {
        next_ = *again;
        header_.clear(); // from the beginning on it is part of the text
        start_.reset();
    }
    const auto same = is_the_same_file(size);
    if (!same) {
        return same.error();
    }
    if (!same.value()) {
        begin_anew();
    }
    return read_header();
}

/// What is whole of the next `bytes`, perhaps nothing. No more than was there when the file was looked at: what is
/// written since may be half a row.
Result<FileReplay::Piece> FileReplay::read_rows(std::uintmax_t size, std::size_t bytes) {
    const auto left = static_cast<std::size_t>(std::min<std::uintmax_t>(size - next_.bytes, bytes));
    auto text = read(next_.bytes, left, header_);
    if (!text) {
        return text.error();
    }
    Piece piece{.table = std::move(text).value()};
    const std::size_t came = piece.table.size() - header_.size();
    piece.is_last = next_.bytes + came >= size;
    std::size_t whole = options_.format == Format::csv ? CsvTable::whole_rows(piece.table, options_.table)
                                                       : piece.table.rfind('\n') + 1; // npos + 1 = 0
    if (piece.is_last && whole < piece.table.size() && may_take_last_line(size)) {
        whole = piece.table.size();
    }
    if (whole <= header_.size() && came == options_.max_bytes) {
        return Error{.code = ErrorCode::too_large,
                     .message = fmt::format("{}: row {} has more than {} bytes", options_.path.string(),
                                            next_.before.rows + 1, options_.max_bytes),
                     .retryable = true};
    }
    piece.table.resize(std::max(whole, header_.size()));
    return piece;
}

Response FileReplay::give(Piece piece, const Cut& rows) {
    const bool more = rows.bytes < piece.table.size() ? rows.rows.rows >= options_.rows_per_poll : !piece.is_last;
    piece.table.resize(rows.bytes);
    Response answer = take(std::move(piece.table), rows);
    if (more) {
        tell();
    }
    return answer;
}

/// Nobody else would hear of a place that could not be saved.
Result<Response> FileReplay::nothing() {
    if (Status saved = progress_->save(); !saved) {
        return Error{.code = ErrorCode::unavailable,
                     .message = fmt::format("{}: the place in it cannot be saved, a restart reads it again: {}",
                                            options_.path.string(), saved.error().message),
                     .retryable = true};
    }
    return Response{.status = Response::kNothing};
}

/// Where the last process was. A place in a file that is another one by now is found out by is_the_same_file.
Status FileReplay::begin() {
    if (begun_) {
        return {};
    }
    const auto remembered = progress_->load();
    if (!remembered) {
        return remembered.error();
    }
    if (remembered.value()) {
        auto head = read(0, remembered.value()->head_bytes);
        if (!head) {
            return head.error();
        }
        if (detail::FileProgress::hash_of(head.value()) == remembered.value()->head_hash) {
            head_ = std::move(head).value();
            next_ = remembered.value()->place;
        }
    }
    begun_ = true;
    return {};
}

void FileReplay::begin_anew() {
    progress_->forget();
    next_ = {};
    head_.clear();
    header_.clear();
    start_.reset();
}

Result<std::string> FileReplay::read(std::uintmax_t from, std::size_t bytes, std::string text) const {
    std::ifstream file(options_.path, std::ios::binary);
    const std::size_t before = text.size();
    text.resize(before + bytes);
    file.seekg(static_cast<std::streamoff>(from));
    file.read(text.data() + before, static_cast<std::streamsize>(bytes));
    if (!file.is_open() || file.bad()) {
        return Error{
            .code = ErrorCode::unavailable, .message = options_.path.string() + ": cannot be read", .retryable = true};
    }
    text.resize(before + static_cast<std::size_t>(file.gcount()));
    return text;
}

Result<bool> FileReplay::is_the_same_file(std::uintmax_t size) const {
    if (size < next_.bytes) {
        return false;
    }
    auto head = read(0, head_.size());
    if (!head) {
        return head.error();
    }
    return head.value() == head_;
}

/// The file ends without a line end: somebody may be writing on, or it was written so.
bool FileReplay::may_take_last_line(std::uintmax_t size) {
    if (seen_size_ != size) {
        seen_size_ = size;
        seen_at_ = clock_.now();
    }
    return clock_.now() - seen_at_ >= options_.last_line_after;
}

Status FileReplay::read_header() {
    if (options_.format != Format::csv || !header_.empty() || next_.bytes == 0) {
        return {}; // there is none, or it is known, or part of the text
    }
    constexpr std::size_t kHintBytes = 16; // a mark and sep=; are all that stands before rows without a header
    auto text = read(0, options_.table.columns.empty() ? options_.table.max_row_bytes : kHintBytes);
    if (!text) {
        return text.error();
    }
    const CsvTable table(text.value(), options_.table);
    header_ = text.value().substr(0, table.consumed());
    return {};
}

/// What may go now, of whole rows.
Result<FileReplay::Cut> FileReplay::cut(std::string_view text) {
    if (text.size() <= header_.size()) {
        return Cut{.bytes = text.size()};
    }
    try {
        return options_.format == Format::csv ? cut_csv(text) : cut_lines(text);
    } catch (const PermanentError& problem) {
        return Error{.code = ErrorCode::malformed,
                     .message = fmt::format("{}: {}", options_.path.string(), problem.what()),
                     .retryable = true};
    }
}

FileReplay::Cut FileReplay::cut_csv(std::string_view text) {
    CsvTable table(text, options_.table);
    require_columns(table, options_.record);
    Cut cut{.bytes = table.consumed()};
    while (cut.rows.rows < options_.rows_per_poll) {
        const auto row = table.next();
        if (!row || (options_.speed > 0 && row->problem.empty() && !is_due(csv_record(table)))) {
            break;
        }
        cut.bytes = table.consumed();
        ++cut.rows.rows;
    }
    cut.rows.lines = lines_of(text.substr(header_.size(), cut.bytes - header_.size()));
    return cut;
}

FileReplay::Cut FileReplay::cut_lines(std::string_view text) {
    Cut cut;
    while (cut.bytes < text.size() && cut.rows.rows < options_.rows_per_poll) {
        const std::size_t end = std::min(text.find('\n', cut.bytes), text.size() - 1);
        const std::string_view line = text.substr(cut.bytes, end - cut.bytes + 1);
        if (line.find_first_not_of(" \t\r\n") != std::string_view::npos) {
            if (options_.speed > 0 && !nests_deeper_than(line, kMaxJsonDepth) &&
                !is_due(json::parse(line, nullptr, false))) {
                break;
            }
            ++cut.rows.rows;
        }
        ++cut.rows.lines;
        cut.bytes = end + 1;
    }
    return cut;
}

/// By the first row's time, which is now. A row without a time goes with the one before it, to be rejected.
bool FileReplay::is_due(const json& record) {
    try {
        if (!record.is_object()) {
            return true;
        }
        const auto event = event_time_of(record, *options_.record.event_time);
        if (!start_) {
            start_ = Start{.at = clock_.now(), .event = event};
        }
        const std::chrono::duration<double> happened_after = event - start_->event;
        const std::chrono::duration<double> passed = clock_.now() - start_->at;
        return happened_after.count() <= passed.count() * options_.speed;
    } catch (const std::invalid_argument&) {
        return true;
    }
}

Response FileReplay::take(std::string text, const Cut& rows) {
    const detail::FilePlace from = next_;
    *before_ = next_.before;
    if (options_.format == Format::csv && !header_.empty()) { // the handler counts the header's lines itself
        before_->lines -= std::min(before_->lines, lines_of(header_));
    }
    const std::size_t taken = rows.bytes - header_.size();
    at_once_ = std::min(options_.max_bytes, std::max(kLeastAtOnce, kTimesLast * taken));
    next_.bytes += taken;
    next_.before.rows += rows.rows.rows;
    next_.before.lines += rows.rows.lines;
    if (head_.size() < kHeadBytes) { // more of it is known now
        auto head = read(0, std::min<std::uintmax_t>(kHeadBytes, next_.bytes));
        head_ = head ? std::move(head).value() : head_;
    }
    Response answer{.body = std::move(text)};
    answer.receipt = std::make_shared<Receipt>(progress_->piece(from, next_, head_));
    return answer;
}

void FileReplay::on_news(std::function<void()> news) {
    const std::scoped_lock lock(news_mutex_);
    news_ = std::move(news);
}

void FileReplay::tell() {
    const std::scoped_lock lock(news_mutex_);
    if (news_) {
        news_();
    }
}

} // namespace streaming
