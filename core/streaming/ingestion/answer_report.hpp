#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/answer_class.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/ingestion/source_types.hpp"

namespace streaming {

/// What one answer of an API becomes. Each row of it is an event or rejected.
struct AnswerReport {
    AnswerClass answer_class = AnswerClass::ok;
    std::string reason{}; ///< why it is neither ok nor empty
    std::vector<SourceRow> rows{};

    [[nodiscard]] std::size_t events() const noexcept;
    [[nodiscard]] std::size_t rejected() const noexcept;
    [[nodiscard]] std::size_t distinct_events() const; ///< by id: a row that stands twice is one event
    [[nodiscard]] std::map<std::string, std::size_t> events_by_type() const;
    /// Ok or empty, and nothing rejected.
    [[nodiscard]] bool understood() const noexcept;
};

/// Lets a source of this type, and these parameters, take the answer as if it came from the API: no network, no broker,
/// nothing is kept. Every request of the connector is given the same answer. An Error means that there is no such
/// source.
[[nodiscard]] Result<AnswerReport> report_answer(const SourceTypes& types, const std::string& name,
                                                 const SourceSettings& settings, const RecordedAnswer& answer,
                                                 Clock& clock);

} // namespace streaming
