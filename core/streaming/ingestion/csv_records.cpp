#include "core/streaming/ingestion/csv_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/record_event.hpp"

namespace streaming {
namespace {

using nlohmann::json;

constexpr std::string_view kBlank = " \t\r\n";

char delimiter_of(const CustomParams& params, char fallback) {
    const std::string text = params.text("delimiter", std::string(1, fallback));
    if (text == "tab" || text == "\\t") {
        return '\t';
    }
    if (text.size() != 1 || text == "\"" || text == "\r" || text == "\n") {
        params.refuse("delimiter", "one letter such as ; or the word tab");
    }
    return text.front();
}

/// `decimal` is of the numbers that the fields say are such.
void read_decimal(const CustomParams& params, RecordOptions& options) {
    const std::string sign = params.text("decimal", ".");
    if (sign != "." && sign != ",") {
        params.refuse("decimal", R"("." or ",")");
    }
    bool used = false;
    for (RecordField& field : options.fields) {
        field.decimal = sign.front();
        used = used || field.type == RecordField::Type::number || field.type == RecordField::Type::integer;
    }
    if (params.has("decimal") && !used) {
        CustomParams::refuse_unseen("decimal", "means nothing without fields of type number or integer");
    }
}

void emit_row(const CsvTable& table, const CsvTable::Row& row, const RecordOptions& options, SourceContext& context) {
    if (!row.problem.empty()) {
        throw std::invalid_argument(row.problem);
    }
    const json record = csv_record(table);
    if (record.empty()) {
        throw std::invalid_argument("all its cells are empty");
    }
    emit_record(record, options, context);
}

/// A header with a name that holds what delimiters are may be one of another delimiter.
std::string hint(const std::vector<std::string>& columns) {
    const char* const delimiters = columns.size() == 1 ? ";\t|," : ";\t|";
    for (const std::string& name : columns) {
        if (const std::size_t other = name.find_first_of(delimiters); other != std::string::npos) {
            return fmt::format(" (its delimiter may be {}: see the parameter delimiter)",
                               name[other] == '\t' ? "tab" : std::string(1, name[other]));
        }
    }
    return "";
}

} // namespace

std::vector<std::string_view> csv_records_params() {
    auto params = record_params();
    params.emplace_back("delimiter");
    params.emplace_back("columns");
    params.emplace_back("decimal");
    return params;
}

CsvRecordsOptions csv_records_options(const CustomParams& params, std::string_view source_type, char delimiter) {
    CsvRecordsOptions options{.table = {.delimiter = delimiter_of(params, delimiter),
                                        .may_be_semicolons = delimiter == ',' && !params.has("delimiter")},
                              .record = record_options(params, source_type)};
    read_decimal(params, options.record);
    options.table.columns = params.texts("columns");
    if (options.record.natural_key.empty() && options.record.fields.empty()) {
        CustomParams::refuse_unseen(
            "natural_key", "or fields must be given: by their columns it is known whether an answer is the table");
    }
    return options;
}

SourceHandler csv_records(CsvRecordsOptions options) {
    return [options = std::move(options)](const Response& answer, SourceContext& context) {
        (void)emit_csv_records(answer.body, options, {}, context);
    };
}

CsvPlace emit_csv_records(std::string_view body, const CsvRecordsOptions& options, CsvPlace before,
                          SourceContext& context) {
    if (body.find_first_not_of(kBlank) == std::string_view::npos) {
        return {};
    }
    CsvTable table(body, options.table);
    require_columns(table, options.record);
    CsvPlace last;
    while (const auto row = table.next()) {
        last = {.rows = row->number, .lines = row->line};
        try {
            emit_row(table, *row, options.record, context);
        } catch (const std::exception& problem) {
            context.reject(row->text, fmt::format("row {}, line {}: {}", before.rows + row->number,
                                                  before.lines + row->line, problem.what()));
        }
    }
    return last;
}

/// All columns are asked for when no fields are chosen.
void require_columns(const CsvTable& table, const RecordOptions& options) {
    const auto& columns = table.columns();
    std::vector<std::string> needed = options.places();
    for (const std::string& name : needed) {
        if (std::ranges::find(columns, name) == columns.end()) {
            throw PermanentError(fmt::format("the answer is no table with a column {}{}", name, hint(columns)));
        }
    }
    if (options.fields.empty()) {
        needed.insert(needed.end(), columns.begin(), columns.end());
    }
    for (const std::string& name : needed) {
        if (std::ranges::count(columns, name) > 1) {
            throw PermanentError(fmt::format("the table has the column {} twice", name));
        }
    }
}

json csv_record(const CsvTable& table) {
    json record = json::object();
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (!table.cells()[i].empty()) {
            record[table.columns()[i]] = table.cells()[i];
        }
    }
    return record;
}

} // namespace streaming
