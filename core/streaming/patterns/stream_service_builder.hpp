#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/ingestion/source_options.hpp"
#include "core/streaming/orchestration/service_orchestrator.hpp"
#include "core/streaming/patterns/config_error.hpp"
#include "core/streaming/patterns/settings.hpp"
#include "core/streaming/reliability/context.hpp"
#include "core/streaming/reliability/error_handler.hpp"
#include "core/streaming/reliability/handler.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

namespace detail {

template <class T, class H>
concept HandlerOf = std::is_invocable_v<H&, const T&, Context&>;

template <class T>
constexpr std::string_view declared_type() {
    if constexpr (std::is_same_v<T, Message>) {
        return {};
    } else {
        return T::event_type;
    }
}

} // namespace detail

/// Puts a service together. Every call only records, in any order; `build` checks everything.
/// Used by one thread. Borrows the platform, which must outlive the service that is built.
class StreamServiceBuilder {
public:
    explicit StreamServiceBuilder(std::string name, Settings settings = {}, Platform& platform = real_platform());
    ~StreamServiceBuilder();
    StreamServiceBuilder(const StreamServiceBuilder&) = delete;
    StreamServiceBuilder& operator=(const StreamServiceBuilder&) = delete;

    StreamServiceBuilder& with_kafka(KafkaOptions kafka);
    StreamServiceBuilder& with_redis(RedisOptions redis);
    StreamServiceBuilder& with_deduplication(DeduplicationOptions deduplication);
    StreamServiceBuilder& with_error_handling(ErrorHandlingOptions error_handling);
    /// One of your own, shared by all flows: it is called by several threads.
    StreamServiceBuilder& with_error_handling(std::unique_ptr<ErrorHandler> handler);
    StreamServiceBuilder& with_metrics(std::shared_ptr<MetricsCollector> metrics = nullptr); ///< none = Prometheus
    /// Only to tune it: handlers can always send. Untuned, a service with sources has a delivery_timeout of 24 h: a
    /// record that times out and may have been stored is not sent again, so none should time out in an outage.
    StreamServiceBuilder& add_producer(ProducerOptions producer = {});

    /// A handler for the events of type T::event_type, or with T = Message for everything that has no handler of its
    /// own. Calls with the same topics and group join one consumer. With `workers > 1` handlers of different keys run
    /// at the same time: what they share needs its own lock. A handler may be called twice for one event.
    template <class T = Message, class H>
    StreamServiceBuilder& add_consumer_handler(ConsumerOptions options, H handler) {
        static_assert(std::is_same_v<T, Message> || Event<T>,
                      "an event type needs `static constexpr std::string_view event_type` and a from_json "
                      "(NLOHMANN_DEFINE_TYPE_INTRUSIVE)");
        static_assert(detail::HandlerOf<T, H>, "a handler is called as handler(const T&, streaming::Context&)");
        if constexpr (std::is_same_v<T, Message>) {
            add_handler(std::move(options), {},
                        [handler = std::move(handler)](const Message& message, Context& context) mutable {
                            handler(message, context);
                        });
        } else {
            add_handler(std::move(options), std::string(detail::declared_type<T>()),
                        [handler = std::move(handler)](const Message& message, Context& context) mutable {
                            handler(message.as<T>(), context);
                        });
        }
        return *this;
    }

    /// Slows the sources down by the lag of consumer groups. Without it they send as fast as they can.
    StreamServiceBuilder& with_throttling(ThrottlingOptions throttling);
    /// Sources may come while the service runs, so it needs none at the start: see IngestionRuntime::add.
    StreamServiceBuilder& with_ingestion();

    /// Polls a connector on a schedule and sends what the handler makes of each answer, through one queue for all
    /// sources. What they share, queue, sending and topics, is `Settings::ingestion`.
    StreamServiceBuilder& add_source(SourceOptions options, std::unique_ptr<Connector> connector,
                                     SourceHandler handler);

    /// A topic that the service needs: made at start when it does not exist, left as it is otherwise.
    StreamServiceBuilder& add_topic(TopicSpec topic);

    StreamServiceBuilder& on_start(
        std::function<void()> hook);                           ///< before anything flows; may throw to refuse the start
    StreamServiceBuilder& on_stop(std::function<void()> hook); ///< after everything stopped

    [[nodiscard]] const Settings& settings() const noexcept;
    /// The platform's, which outlives the service: for handlers that look at the time, so that a test can move it.
    [[nodiscard]] Clock& clock() const noexcept;

    /// Throws ConfigError with every problem; opens nothing. Call once.
    [[nodiscard]] std::unique_ptr<ServiceOrchestrator> build();

private:
    void add_handler(ConsumerOptions options, std::string type, Handler handler);

    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
