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

Result<Response> FileReplay::fetch(const Request&) {
    const auto state = detail::look_at_file(options_.path);
    if (!state) {
        return state.error();
    }
    if (Status begun = begin(); !begun) {
        return begun.error();
    }
    if (const auto again = progress_->take_rewind()) {
        next_ = *again;
        header_.clear(); // from the beginning on it is part of the text
        start_.reset();
    }
    const auto same = is_the_same_file(state.value().size);
    if (!same) {
        return same.error();
    }
    if (!same.value()) {
        begin_anew();
    }
    if (Status known = read_header(); !known) {
        return known.error();
    }
    // No more than was there when it was looked at: what is written since may be half a row.
    const auto left = state.value().size - next_.bytes;
    auto text = read(next_.bytes, static_cast<std::size_t>(std::min<std::uintmax_t>(left, options_.max_bytes)));
    if (!text) {
        return text.error();
    }
    const bool to_the_end = next_.bytes + text.value().size() >= state.value().size;
    std::string table = header_ + text.value();
    std::size_t whole = options_.format == Format::csv ? CsvTable::whole_rows(table, options_.table)
                                                       : table.rfind('\n') + 1; // npos + 1 = 0
    if (to_the_end && whole < table.size() && may_take_last_line(state.value().size)) {
        whole = table.size();
    }
    if (whole <= header_.size() && text.value().size() == options_.max_bytes) {
        return Error{.code = ErrorCode::too_large,
                     .message = fmt::format("{}: row {} has more than {} bytes", options_.path.string(),
                                            next_.before.rows + 1, options_.max_bytes),
                     .retryable = true};
    }
    if (whole <= header_.size()) {
        return Response{.status = Response::kNothing};
    }
    table.resize(whole);
    Cut rows;
    try {
        rows = cut(table);
    } catch (const PermanentError& problem) {
        return Error{.code = ErrorCode::malformed,
                     .message = fmt::format("{}: {}", options_.path.string(), problem.what()),
                     .retryable = true};
    }
    if (rows.bytes <= header_.size()) {
        return Response{.status = Response::kNothing};
    }
    const bool more = rows.bytes < whole ? rows.rows.rows >= options_.rows_per_poll : !to_the_end;
    table.resize(rows.bytes);
    Response answer = take(std::move(table), rows);
    if (more) {
        tell();
    }
    return answer;
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

Result<std::string> FileReplay::read(std::uintmax_t from, std::size_t bytes) const {
    std::ifstream file(options_.path, std::ios::binary);
    std::string text(bytes, '\0');
    file.seekg(static_cast<std::streamoff>(from));
    file.read(text.data(), static_cast<std::streamsize>(bytes));
    if (!file.is_open() || file.bad()) {
        return Error{
            .code = ErrorCode::unavailable, .message = options_.path.string() + ": cannot be read", .retryable = true};
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
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
        return {}; // from the beginning on it is part of the text
    }
    auto text = read(0, options_.table.max_row_bytes);
    if (!text) {
        return text.error();
    }
    const CsvTable table(text.value(), options_.table);
    header_ = text.value().substr(0, table.consumed());
    return {};
}

/// What may go now, of whole rows.
FileReplay::Cut FileReplay::cut(std::string_view text) {
    return options_.format == Format::csv ? cut_csv(text) : cut_lines(text);
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
    next_.bytes += rows.bytes - header_.size();
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
