#pragma once

// For authors of source types: everything that a SourceTypes::Maker and what it makes need.

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/json_depth.hpp"
#include "core/streaming/infrastructure/mqtt_subscriber.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/backfill.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/connector_api_client.hpp"
#include "core/streaming/ingestion/csv_records.hpp"
#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/ingestion/mqtt_connector.hpp"
#include "core/streaming/ingestion/pages.hpp"
#include "core/streaming/ingestion/push_connector.hpp"
#include "core/streaming/ingestion/receipt.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/ingestion/source_types.hpp"
#include "core/streaming/ingestion/standard_source_types.hpp"
