#include "core/streaming/patterns/config_description.hpp"

#include <string>

#include "core/streaming/infrastructure/redis_url.hpp"
#include "core/streaming/orchestration/admin_server.hpp"
#include "core/streaming/patterns/config_ingestion_description.hpp"

namespace streaming::detail {

namespace {

constexpr double kDayMs = 86'400'000;

/// `validate` knows better what to say about another scheme.
bool is_redis_url_or_of_another_scheme(const std::string& url) {
    return (!url.starts_with("redis://") && !url.starts_with("unix://")) || parse_redis_url(url).ok();
}

void describe_kafka(ConfigVisitor& v, KafkaOptions& kafka, SendingOptions& sending) {
    v.text({.name = "bootstrap_servers",
            .meaning = "brokers; `embedded` = the in-memory broker, which keeps nothing",
            .allowed = "host:port[,host:port] or embedded",
            .required = true},
           kafka.bootstrap_servers);
    v.text({.name = "client_id", .meaning = "clients are named <client_id>-consumer, <client_id>-producer-<service>"},
           kafka.client_id);
    v.choice<std::string>({.name = "compression_type", .meaning = "of what is produced"}, kafka.compression_type,
                          {{"none", "none"}, {"gzip", "gzip"}, {"snappy", "snappy"}, {"lz4", "lz4"}, {"zstd", "zstd"}});
    v.flag({.name = "allow_insecure", .meaning = "permits SASL without TLS and unverified certificates"},
           kafka.allow_insecure);
    v.named_texts({.name = "properties",
                   .meaning = "any other librdkafka property; those that carry a promise are refused",
                   .placeholder = "<librdkafka property>"},
                  kafka.properties);
    v.whole(
        {.name = "batch_size", .meaning = "ingestion: records a batch", .unit = "records", .least = 1, .most = 10'000},
        sending.batch_size);
    v.seconds({.name = "batch_interval_seconds",
               .meaning = "ingestion: a batch that is not full goes after this time",
               .least = 0.001,
               .most = 3600},
              sending.batch_interval);
    v.whole({.name = "max_retries",
             .meaning = "ingestion: retries of a batch after the first try, then dead letters",
             .least = 0,
             .most = 20},
            sending.max_retries);
    v.number({.name = "retry_backoff_base",
              .meaning = "ingestion: the n-th retry waits base^(n-1) seconds",
              .least = 1,
              .most = 10},
             sending.retry_backoff_base);
}

void describe_redis(ConfigVisitor& v, RedisOptions& redis) {
    v.text({.name = "url",
            .meaning = "where deduplication and cursors are kept; never printed",
            .allowed = "redis://[user:password@]host[:port][/db] or unix://[user:password@]/path",
            .fits = is_redis_url_or_of_another_scheme,
            .required = true},
           redis.url);
    v.milliseconds(
        {.name = "connect_timeout_ms", .meaning = "longest wait for a connection", .least = 1, .most = kDayMs},
        redis.connect_timeout);
    v.milliseconds(
        {.name = "command_timeout_ms", .meaning = "longest wait for one pipeline", .least = 1, .most = kDayMs},
        redis.command_timeout);
}

void describe_error_handling(ConfigVisitor& v, ErrorHandlingOptions& options) {
    v.whole({.name = "max_attempts", .meaning = "of a handler, the first try included", .least = 1},
            options.max_attempts);
    v.milliseconds({.name = "first_delay_ms",
                    .meaning = "upper bound of the first wait; doubles each time, full jitter",
                    .least = 0,
                    .most = kDayMs},
                   options.first_delay);
    v.milliseconds({.name = "max_delay_ms", .meaning = "upper bound of every wait", .least = 0, .most = kDayMs},
                   options.max_delay);
    v.choice<ExhaustedPolicy>({.name = "on_exhausted", .meaning = "after the last attempt; drop loses the record"},
                              options.on_exhausted,
                              {{"dead_letter", ExhaustedPolicy::dead_letter},
                               {"stop", ExhaustedPolicy::stop},
                               {"drop", ExhaustedPolicy::drop}});
    v.flag({.name = "strict_types", .meaning = "dead-letter event types nobody declared instead of ignoring them"},
           options.strict_types);
    v.choice<HandlerTimeoutPolicy>(
        {.name = "on_handler_timeout", .meaning = "a handler that runs too long: report it, or end the service"},
        options.on_handler_timeout, {{"report", HandlerTimeoutPolicy::report}, {"exit", HandlerTimeoutPolicy::exit}});
}

} // namespace

void describe(ConfigVisitor& v, Settings& settings) {
    v.section({.name = "kafka", .meaning = "the connection, and how ingestion sends"},
              [&](ConfigVisitor& inside) { describe_kafka(inside, settings.kafka, settings.ingestion.sending); });
    v.section<RedisOptions>({.name = "redis", .meaning = "absent = in memory"}, settings.redis, &describe_redis);
    v.section<DeduplicationOptions>({.name = "deduplication", .meaning = "of consumers"}, settings.deduplication,
                                    &describe_deduplication);
    v.section<ErrorHandlingOptions>({.name = "error_handling", .meaning = "of consumers"}, settings.error_handling,
                                    &describe_error_handling);
    v.text({.name = "namespace", .meaning = "{namespace} of topic names"}, settings.name_space);
    v.text({.name = "group_id_prefix", .meaning = "{group_id_prefix} of consumer groups"}, settings.group_id_prefix);
    v.text({.name = "admin",
            .meaning = "address of /live, /ready and /metrics; empty = none, port 0 = any",
            .allowed = "host:port",
            .fits = [](const std::string& text) { return text.empty() || parse_host_port(text).ok(); }},
           settings.admin);
    v.named_texts({.name = "flags",
                   .meaning = "the service's own flags, as its --help lists them",
                   .placeholder = "<flag>",
                   .closed = true},
                  settings.flags);
    v.flag(
        {.name = "shadow", .meaning = "the whole service runs beside another one: handlers run, nothing is produced"},
        settings.shadow);
    v.text({.name = "shadow_log", .meaning = "file that gets one line of JSON for each record not produced"},
           settings.shadow_log);
    describe_ingestion(v, settings.ingestion);
}

} // namespace streaming::detail
