#pragma once

#include <string>
#include <string_view>

#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/source_types.hpp"

namespace streaming {

/// The types that know no API: `http_json` and `http_csv` (answers of any URL) and `file` (JSON records in a local
/// file). They describe the records by the parameters of json_records_options or csv_records_options. Parameters of
/// their own: http_json, http_csv: `url` (https://..., or /path behind `api_endpoints.http_json`), `headers`,
/// `user_agent`; file: `path`.
/// And `webhook`: see make_webhook.
void add_standard_source_types(SourceTypes& types);

// For types like these. What is wrong throws std::invalid_argument, as CustomParams does.

/// A base URL without its last slash: the endpoint, or the type's own.
[[nodiscard]] std::string base_url_of(const SourceTypes::Request& request, std::string_view known);
/// Where `custom_params.url` leads, the endpoint taking the place of its scheme and host; the endpoint alone when there
/// is no `url`. Never shown: it may hold a key.
[[nodiscard]] std::string url_of(const SourceTypes::Request& request, const CustomParams& params);
/// HttpOptions with `custom_params.user_agent`.
[[nodiscard]] HttpOptions http_of(const CustomParams& params);
/// `custom_params.headers`, each fit to be sent.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> headers_of(const CustomParams& params);
/// SourceTypes::Recorded of types that GET one `url` with `headers`.
void from_nowhere(const RecordedAnswer& answer, CustomParams::Map& params);
/// For types whose API has no past: a backfill would fetch the present again and again.
void refuse_backfill(const SourceTypes::Request& request);

} // namespace streaming
