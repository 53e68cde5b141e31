#include "core/streaming/ingestion/answer_report.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/streaming/ingestion/contested_rows.hpp"
#include "core/streaming/ingestion/source_state.hpp"

namespace streaming {
namespace {

constexpr int kMostPolls = 100'000;
constexpr int kIdlePolls = 3; // a last line without a line end waits for more of it

/// Answers all requests the same.
class RecordedHttp final : public HttpClient {
public:
    explicit RecordedHttp(const HttpResponse& response) : response_(response) {}
    Result<HttpResponse> get(const HttpRequest& /*request*/, std::stop_token /*stop*/) override {
        asked_ = true;
        return response_;
    }
    [[nodiscard]] bool asked() const { return asked_; }

private:
    const HttpResponse& response_;
    bool asked_ = false;
};

/// Goes on by an hour with each poll: what waits for something to come, such as the end of a last line, waits no more.
class PollClock final : public Clock {
public:
    explicit PollClock(Clock& real) : now_(real.now()), system_now_(real.system_now()) {}
    [[nodiscard]] steady_time now() const noexcept override { return now_ + passed_; }
    [[nodiscard]] system_time system_now() const noexcept override { return system_now_ + passed_; }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable_any& /*changed*/,
                    steady_time /*time*/, std::stop_token /*stop*/) override {
        next_poll();
    }
    void next_poll() { passed_ += std::chrono::hours(1); }

private:
    steady_time now_;
    system_time system_now_;
    std::chrono::hours passed_{0};
};

AnswerClass class_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_authorized:
            return AnswerClass::auth;
        case ErrorCode::invalid_argument:
        case ErrorCode::not_found:
            return AnswerClass::config;
        case ErrorCode::rate_limited:
            return AnswerClass::quota;
        case ErrorCode::malformed:
        case ErrorCode::too_large:
            return AnswerClass::schema;
        default:
            return AnswerClass::retry;
    }
}

/// What an answer is that a source refuses with this code: what it says itself, where it says so.
AnswerClass class_of(ErrorCode code, const HttpResponse& answer) {
    const std::size_t first = answer.body.find_first_not_of(" \t\r\n");
    const bool json = first != std::string::npos && (answer.body[first] == '{' || answer.body[first] == '[');
    const AnswerRules rules{.content = json ? ExpectedContent::json : ExpectedContent::any,
                            .not_found = class_of(code)};
    const AnswerClass said = classify(answer, rules).answer;
    if (said != AnswerClass::ok && said != AnswerClass::empty) {
        return said;
    }
    return code == ErrorCode::malformed && is_html(answer) ? AnswerClass::retry : class_of(code);
}

/// Polls a source until it has no more.
class Reading {
public:
    Reading(std::string source, const RecordedAnswer& answer, Clock& clock)
        : source_(std::move(source)), answer_(answer), http_(answer.response), clock_(clock) {}

    [[nodiscard]] Clock& clock() { return clock_; }

    AnswerReport read(SourceParts& parts) && {
        for (int poll = 0; poll < kMostPolls && take_one(parts); ++poll) {
            clock_.next_poll();
        }
        if (report_.answer_class == AnswerClass::ok && report_.rows.empty()) {
            report_.answer_class = AnswerClass::empty;
        }
        return std::move(report_);
    }

private:
    /// False when that was all. An API is asked once; a file may come in parts.
    bool take_one(SourceParts& parts) {
        auto fetched = parts.connector->fetch({.http = http_, .stop = {}});
        if (!fetched) {
            return fail(class_of(fetched.error().code, answer_.response), fetched.error().message);
        }
        Response answer = std::move(fetched).value();
        const bool nothing = answer.status == Response::kNothing || answer.body.empty();
        if (nothing && !http_.asked()) { // the end of a file, or a source that is pushed to
            if (++idle_ >= kIdlePolls && report_.rows.empty()) {
                (void)handle(parts.handler, pushed());
            }
            return idle_ < kIdlePolls;
        }
        if (answer.status == Response::kNothing) {
            return false;
        }
        const auto receipt = std::exchange(answer.receipt, nullptr);
        const bool handled = handle(parts.handler, answer);
        if (receipt) {
            receipt->complete(handled);
        }
        return handled && !http_.asked();
    }

    [[nodiscard]] Response pushed() const {
        return {.status = answer_.response.status,
                .body = answer_.response.body,
                .content_type = answer_.response.header("content-type")};
    }

    bool handle(const SourceHandler& handler, const Response& answer) {
        SourceContext context(
            {.service = "ingest", .source = source_, .log = log_, .now = clock_.system_now(), .state = &state_}, {});
        try {
            handler(answer, context);
        } catch (const std::exception& problem) { // then nothing of the answer is sent
            return fail(class_of(ErrorCode::malformed, answer_.response), problem.what());
        }
        reject_contested(context.rows(), source_, context.stamps());
        std::ranges::move(context.rows(), std::back_inserter(report_.rows));
        return !context.state_trouble() || fail(AnswerClass::retry, context.state_trouble()->message);
    }

    bool fail(AnswerClass answer_class, std::string reason) {
        report_.answer_class = answer_class;
        report_.reason = std::move(reason);
        return false;
    }

    std::string source_;
    const RecordedAnswer& answer_;
    RecordedHttp http_;
    PollClock clock_;
    SourceState state_{};
    spdlog::logger log_{"ingest", std::make_shared<spdlog::sinks::null_sink_mt>()};
    AnswerReport report_{};
    int idle_ = 0;
};

} // namespace

std::size_t AnswerReport::events() const noexcept { return rows.size() - rejected(); }

std::size_t AnswerReport::rejected() const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [](const SourceRow& row) { return row.rejected.has_value(); }));
}

std::size_t AnswerReport::distinct_events() const {
    std::set<std::string_view> ids;
    for (const SourceRow& row : rows) {
        if (!row.rejected) {
            ids.insert(row.id);
        }
    }
    return ids.size();
}

std::map<std::string, std::size_t> AnswerReport::events_by_type() const {
    std::map<std::string, std::size_t> types;
    for (const SourceRow& row : rows) {
        if (!row.rejected) {
            ++types[nlohmann::json::parse(row.payload).at("type").get<std::string>()];
        }
    }
    return types;
}

bool AnswerReport::understood() const noexcept {
    return (answer_class == AnswerClass::ok || answer_class == AnswerClass::empty) && rejected() == 0;
}

Result<AnswerReport> report_answer(const SourceTypes& types, const std::string& name, const SourceSettings& settings,
                                   const RecordedAnswer& answer, Clock& clock) {
    Reading reading(name, answer, clock);
    auto parts = types.make_for(answer, {.name = name, .settings = settings, .endpoint = {}, .clock = reading.clock()});
    if (!parts) {
        return parts.error();
    }
    AnswerReport report = std::move(reading).read(parts.value());
    parts.value().connector->end();
    return report;
}

} // namespace streaming
