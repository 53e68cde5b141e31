#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/record_options.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// How an answer in JSON becomes events, without code. A place in it: see RecordOptions.
struct JsonRecordsOptions {
    /// Where the array of records is. Empty: the body is the array, or one record, or a record on each line (NDJSON).
    std::string records{};
    /// Not empty: where the list of names is of which each record, an array, has the values: {"fields": ["a", "b"],
    /// "data": [[1, 2], [3, 4]]}.
    std::string columns{};
    std::vector<std::string> names{}; ///< the same where the answer does not name them: [["a1", "b1"], ["a2", "b2"]]
    /// Not empty: the records are the members of an object, and this member of each is the name it has there: with
    /// "symbol", {"A": {"price": 1}} is the record {"symbol": "A", "price": 1}.
    std::string keyed_by{};
    /// An object that is an error (see name_of_error), where records could be at the top of the answer, is refused.
    bool may_be_error = false;
    RecordOptions record{};
};

/// The parameters of `custom_params` that json_records_options reads.
[[nodiscard]] std::vector<std::string_view> json_records_params();

/// From `custom_params`: records (a place, or {columns: place or list of names, rows: place}), records_keyed_by (a
/// name) and those of record_options. Others are none of its business. The error names the parameter, what is there and
/// what is allowed.
[[nodiscard]] Result<JsonRecordsOptions> json_records_options(
    const std::map<std::string, nlohmann::json>& custom_params, std::string_view source_type);

/// The same, for makers of source types: throws what CustomParams throws.
[[nodiscard]] JsonRecordsOptions json_records_options(const CustomParams& params, std::string_view source_type);

/// Each record becomes one event. A record that is no object, or that emit_record refuses, is rejected with its number
/// and the reason, and so is one with a name that stands twice in one object; the others go on. Numbers keep their
/// digits, however many (see exact_json.hpp). An answer that is no JSON, that nests too deep, or that has no
/// array (or object) where the records should be, is refused as a whole (PermanentError). An empty body has no records.
[[nodiscard]] SourceHandler json_records(JsonRecordsOptions options);

/// The records of a body: `use` is called for each; what it throws rejects that record alone, as `row 3: ...`, 1 being
/// the first. Throws as said above.
void for_each_record(std::string_view body, const std::string& records, SourceContext& context,
                     const std::function<void(const nlohmann::json& record)>& use);

/// The same for records that are one to a line (NDJSON) whatever they look like; `rows_before` are not in the body.
/// Returns how many there were.
std::size_t for_each_line(std::string_view body, std::size_t rows_before, SourceContext& context,
                          const std::function<void(const nlohmann::json& record)>& use);

/// What is at a place of a record; a null pointer when there is nothing, not even a null.
[[nodiscard]] const nlohmann::json* find_at(const nlohmann::json& record, const std::string& place);
/// The same; null when there is nothing.
[[nodiscard]] const nlohmann::json& value_at(const nlohmann::json& record, const std::string& place);
/// A text as it is, a number or truth value as JSON; empty for anything else.
[[nodiscard]] std::string scalar_text(const nlohmann::json& value);
/// That of exact_text.
[[nodiscard]] std::string json_text(const nlohmann::json& value);
/// Equal for equal content, whatever the order of its members. Text of 36 characters.
[[nodiscard]] std::string json_content_hash(const nlohmann::json& value);

} // namespace streaming
