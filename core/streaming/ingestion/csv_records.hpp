#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/csv_table.hpp"
#include "core/streaming/ingestion/record_options.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// How a table in CSV becomes events, without code.
struct CsvRecordsOptions {
    CsvOptions table{};
    RecordOptions record{}; ///< natural_key or fields, that it can be known whether an answer is the table
};

/// The parameters of `custom_params` that csv_records_options reads.
[[nodiscard]] std::vector<std::string_view> csv_records_params();

/// From `custom_params`: delimiter (one letter, or tab; absent: `delimiter`, or where that is a comma and the header
/// has semicolons only, the semicolon), decimal (`.` or `,`, of the fields that are numbers), columns (a list: the
/// names where there is no header) and those of record_options. Others are none of its business. Throws what
/// CustomParams throws.
[[nodiscard]] CsvRecordsOptions csv_records_options(const CustomParams& params, std::string_view source_type,
                                                    char delimiter = ',');

/// Where in a larger text a piece of it stands, to number rows as a reader of the whole would.
struct CsvPlace {
    std::size_t rows = 0;  ///< before it
    std::size_t lines = 0; ///< before it
};

/// Each row becomes one event, made of a record whose members are the cells by the name of their column, as text; an
/// empty cell is no member. A row that cannot be read, or that emit_record refuses, is rejected with its number, its
/// line and the reason; the others go on. An answer without the columns that are asked for, or with one of them twice,
/// is refused as a whole (PermanentError): it may be an error page with status 200. An empty body has no rows.
[[nodiscard]] SourceHandler csv_records(CsvRecordsOptions options);
/// Returns how many rows and lines there were, header and blank lines included in the latter.
CsvPlace emit_csv_records(std::string_view body, const CsvRecordsOptions& options, CsvPlace before,
                          SourceContext& context);
/// Throws PermanentError when a column that is asked for is not there, or twice.
void require_columns(const CsvTable& table, const RecordOptions& options);
/// The record that emit_record is given of a row.
[[nodiscard]] nlohmann::json csv_record(const CsvTable& table);

} // namespace streaming
