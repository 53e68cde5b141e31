#include "core/streaming/orchestration/source_flow.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/dead_letter_headers.hpp"

namespace streaming {

namespace {

/// Ids asked for at once.
constexpr std::size_t kAskAtOnce = 500;
constexpr std::chrono::milliseconds kTopicTimeout{10'000};

} // namespace

SourceFlow::SourceFlow(Dependencies dependencies, std::string service, SourcePlan plan)
    : dependencies_(std::move(dependencies)),
      service_(std::move(service)),
      plan_(std::move(plan)),
      dead_letter_topic_(TopicNames::dead_letters(plan_.options.topic, plan_.options.name)),
      http_(dependencies_.connections.make_http(plan_.options.http)),
      store_(dependencies_.connections.open_store()),
      seen_({.store = store_.get(), .clock = dependencies_.clock, .log = dependencies_.log},
            plan_.options.deduplication, service_ + "." + plan_.options.name) {}

Status SourceFlow::start() {
    const std::vector<TopicSpec> topics{{.name = plan_.options.topic}, {.name = dead_letter_topic_}};
    return dependencies_.connections.topics().ensure(topics, kTopicTimeout);
}

void SourceFlow::poll(const std::stop_token& stop) {
    auto answer = fetch(stop);
    if (!answer) {
        if (!stop.stop_requested()) {
            fetched(answer.error());
        }
        return;
    }
    fetched({});
    std::vector<SourceRow> rows = rows_of(answer.value(), stop);
    send_new(rows, stop);
    dependencies_.metrics->publish(counts_);
}

/// A connector is somebody else's code: what it throws is a failed fetch.
Result<Response> SourceFlow::fetch(const std::stop_token& stop) {
    try {
        return plan_.connector->fetch({.http = *http_, .stop = stop});
    } catch (const std::exception& error) {
        return Error{.code = ErrorCode::unavailable, .message = error.what(), .retryable = true};
    } catch (...) {
        return Error{.code = ErrorCode::unavailable, .message = "unknown exception", .retryable = true};
    }
}

void SourceFlow::fetched(const Status& status) {
    const std::scoped_lock lock(state_mutex_);
    if (!status.ok() && trouble_ != status.error().message) {
        dependencies_.log.warn("source {}: {}; the next poll tries again", name(), status.error().message);
    }
    trouble_ = status.ok() ? "" : status.error().message;
}

std::vector<SourceRow> SourceFlow::rows_of(const Response& response, const std::stop_token& stop) {
    const SourceContext::Dependencies context{.service = service_,
                                              .source = plan_.options.name,
                                              .log = dependencies_.log,
                                              .now = dependencies_.clock.system_now()};
    SourceContext rows(context, stop);
    std::string failure;
    try {
        plan_.handler(response, rows);
        return std::move(rows.rows());
    } catch (const std::exception& error) {
        failure = error.what();
    } catch (...) {
        failure = "unknown exception";
    }
    dependencies_.log.warn("source {}: the answer cannot be understood: {}", name(), failure);
    {
        const std::scoped_lock lock(state_mutex_);
        trouble_ = failure;
    }
    SourceContext whole(context, stop);
    whole.reject(response.body, failure);
    return std::move(whole.rows());
}

void SourceFlow::send_new(std::vector<SourceRow>& rows, const std::stop_token& stop) {
    std::vector<std::string_view> ids;
    std::vector<std::uint8_t> duplicates;
    for (std::size_t first = 0; first < rows.size() && !stop.stop_requested(); first += kAskAtOnce) {
        const std::span<SourceRow> some = std::span(rows).subspan(first, std::min(kAskAtOnce, rows.size() - first));
        ids.clear();
        for (const SourceRow& row : some) {
            ids.push_back(row.id);
        }
        (void)seen_.begin_check(ids).ok(); // an error comes back from finish_check
        if (Status status = seen_.finish_check(duplicates); !status.ok()) {
            dependencies_.log.warn("source {}: {}; rows may be repeated", name(), status.error().message);
        }
        deliveries_.reset();
        std::vector<const SourceRow*> sent;
        std::unordered_set<std::string_view> here;
        counts_.consumed += some.size();
        for (std::size_t i = 0; i < some.size(); ++i) {
            if (duplicates[i] != 0 || !here.insert(some[i].id).second) {
                ++counts_.outcomes[static_cast<std::size_t>(Outcome::duplicate)];
                continue;
            }
            queue(some[i], deliveries_.expect());
            sent.push_back(&some[i]);
        }
        dependencies_.connections.producer().send_batch(outputs_.unsent(), stop);
        if (!deliveries_.wait()) {
            return; // what the producer still holds stays where it is
        }
        ids.clear();
        std::size_t i = 0;
        for (const auto& ticket : deliveries_.tickets()) {
            const SourceRow& row = *sent[i++];
            if (!ticket.delivered) {
                // Not this poll: it comes again with the next one.
                ++counts_.send_failed;
                --counts_.consumed;
                dependencies_.log.warn("source {}: a row was not delivered: {}; the next poll sends it again", name(),
                                       ticket.error);
                continue;
            }
            ids.push_back(row.id);
            ++counts_.sent;
            ++counts_.outcomes[static_cast<std::size_t>(row.rejected ? Outcome::dead_lettered : Outcome::handled)];
            if (row.rejected) {
                ++counts_.dead_lettered_by_class["Rejected"];
            }
        }
        seen_.mark(ids);
        outputs_.clear();
    }
    if (Status status = seen_.flush(); !status.ok()) {
        dependencies_.log.warn("source {}: {}; rows may be repeated after a restart", name(), status.error().message);
    }
    counts_.dedup_store_errors = seen_.store_errors();
}

void SourceFlow::queue(const SourceRow& row, DeliveryTicket& ticket) {
    if (!row.rejected) {
        outputs_.add({.topic = plan_.options.topic, .key = row.key, .payload = row.payload}, ticket);
        return;
    }
    Headers headers;
    const auto now = dependencies_.clock.system_now();
    detail::set_dead_letter_headers(headers, {.service = service_,
                                              .source = plan_.options.name,
                                              .error_class = "Rejected",
                                              .text = *row.rejected,
                                              .first_failure = now,
                                              .last_failure = now});
    outputs_.add({.topic = dead_letter_topic_, .key = row.id, .payload = row.payload, .headers = &headers}, ticket);
}

PartHealth SourceFlow::health() const {
    const std::scoped_lock lock(state_mutex_);
    return {.name = "source " + name(), .ready = trouble_.empty(), .alive = true, .detail = trouble_};
}

} // namespace streaming
