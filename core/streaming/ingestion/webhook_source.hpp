#pragma once

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/source_types.hpp"

namespace streaming {

/// The type `webhook`: bodies that are POSTed to WebhookConnector become events as the parameters of
/// json_records_options say, or with `format: csv` those of csv_records_options. Parameters of its own:
/// `listen` (host:port, must be given), `path` (/), `token` or `token_file` (absent: the variable WEBHOOK_TOKEN),
/// `signature_secret` or `signature_secret_file`, `signature_header` (X-Hub-Signature-256), `authentication: none` on a
/// loopback address, `content_types`, `acknowledge` (settled, accepted), `acknowledge_timeout_seconds` (10),
/// `max_body_bytes` (1 MiB), `max_waiting` (256).
[[nodiscard]] Result<SourceParts> make_webhook(const SourceTypes::Request& request);

} // namespace streaming
