#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/reliability/correlation.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming {

namespace {

constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kMaxNameBytes = 256; // of the service and the correlation id
constexpr std::string_view kCutMark = "...";

std::string_view level_name(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::warn:
            return "warn";
        case spdlog::level::err:
            return "error";
        default: {
            const auto name = spdlog::level::to_string_view(level);
            return {name.data(), name.size()};
        }
    }
}

/// Whether a terminal or a log reader would act on the character: C0, DEL and C1 controls, and U+2028/2029.
bool is_control(std::string_view character) {
    const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    return (character.size() == 1 && (byte(0) < 0x20 || byte(0) == 0x7F)) ||
           (character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0) || character == "\xE2\x80\xA8" ||
           character == "\xE2\x80\xA9";
}

void append_unicode_escape(std::string& into, std::string_view character) {
    unsigned code = static_cast<unsigned char>(character[0]);
    if (character.size() == 2) {
        code = static_cast<unsigned char>(character[1]);
    } else if (character.size() == 3) {
        code = 0x2000U | (static_cast<unsigned char>(character[2]) & 0x3FU);
    }
    into += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
        into += "0123456789abcdef"[(code >> shift) & 0xFU];
    }
}

/// One character as it may stand in a line.
void append_escaped_character(std::string& into, std::string_view character, LogFormat format) {
    if (character == "\n") {
        into += "\\n";
    } else if (character == "\r") {
        into += "\\r";
    } else if (character == "\t") {
        into += "\\t";
    } else if (is_control(character)) {
        append_unicode_escape(into, character);
    } else {
        if (format == LogFormat::json && (character == "\"" || character == "\\")) {
            into += '\\';
        }
        into += character;
    }
}

/// Appends `text` as far as `into` stays within `end` bytes, whole characters only; a cut is marked.
void append_escaped(std::string& into, std::string_view text, std::size_t end, LogFormat format) {
    std::size_t last_cut = into.size(); // where a cut mark still fits
    while (!text.empty()) {
        const std::size_t bytes = detail::utf8_character_bytes(text);
        append_escaped_character(into, bytes == 0 ? detail::kReplacementCharacter : text.substr(0, bytes), format);
        if (into.size() > end) {
            into.resize(last_cut);
            into += kCutMark;
            return;
        }
        if (into.size() + kCutMark.size() <= end) {
            last_cut = into.size();
        }
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
}

/// Runs on the thread that logs, so the correlation id is that thread's: only for loggers that are not asynchronous.
class ServiceLogFormatter final : public spdlog::formatter {
public:
    ServiceLogFormatter(std::string service, LogFormat format) : service_(std::move(service)), format_(format) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& into) override {
        line_.clear();
        const std::string_view text(message.payload.data(), message.payload.size());
        if (format_ == LogFormat::json) {
            write_json(message, text);
        } else {
            write_text(message, text);
        }
        line_ += '\n';
        into.append(line_.data(), line_.data() + line_.size());
    }

    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<ServiceLogFormatter>(service_, format_);
    }

private:
    void write_json(const spdlog::details::log_msg& message, std::string_view text) {
        line_ += R"({"ts":")";
        append_rfc3339(line_, message.time);
        line_ += R"(","level":")";
        line_ += level_name(message.level);
        line_ += R"(","service":")";
        append_name(service_);
        line_ += R"(","correlation_id":")";
        append_name(CorrelationScope::current());
        line_ += R"(","message":")";
        append_escaped(line_, text, kMaxLineBytes - std::string_view("\"}\n").size(), format_);
        line_ += "\"}";
    }

    void write_text(const spdlog::details::log_msg& message, std::string_view text) {
        append_rfc3339(line_, message.time);
        line_ += ' ';
        line_ += level_name(message.level);
        line_ += ' ';
        append_name(service_);
        if (const std::string_view correlation_id = CorrelationScope::current(); !correlation_id.empty()) {
            line_ += " [";
            append_name(correlation_id);
            line_ += ']';
        }
        line_ += ' ';
        append_escaped(line_, text, kMaxLineBytes - 1, format_);
    }

    void append_name(std::string_view name) { append_escaped(line_, name, line_.size() + kMaxNameBytes, format_); }

    std::string service_;
    LogFormat format_;
    std::string line_{};
};

} // namespace

std::shared_ptr<spdlog::logger> make_service_logger(const std::string& service, LogFormat format) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>(service, std::move(sink));
    logger->set_formatter(std::make_unique<ServiceLogFormatter>(service, format));
    return logger;
}

} // namespace streaming
