#include "core/streaming/reliability/dead_letter_queue.hpp"

#include <gmock/gmock.h>

#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using doubles::OwnedRecord;
using doubles::text_of;

std::size_t count_of(const Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count(headers, name, &Headers::Entry::name));
}

struct DeadLetterQueueTest : testing::Test {
    const OutgoingRecord& write(const ConsumedRecord& record, DeadLetterForm form = DeadLetterForm::full) {
        queue.write(record, reason, form, outputs, ticket);
        return outputs.unsent().back();
    }
    const Headers& headers_for(Headers headers) {
        return *write(kept_.emplace_back(std::make_unique<OwnedRecord>("{}", "k", std::move(headers)))->get()).headers;
    }

    FlowIdentity flow{.service = "billing", .flow = "orders", .group = "billing.orders"};
    DeadLetterQueue queue{flow};
    OutputBuffer outputs{};
    doubles::Ticket ticket{};
    DeadLetterReason reason{.error_class = "HandlerError",
                            .text = "no such account",
                            .handler = "on_order",
                            .attempts = 5,
                            .first_failure = std::chrono::system_clock::time_point(1'769'862'896'789ms),
                            .last_failure = std::chrono::system_clock::time_point(1'769'862'900'000ms),
                            .correlation_id = "corr-1"};

private:
    std::vector<std::unique_ptr<OwnedRecord>> kept_{};
};

TEST_F(DeadLetterQueueTest, GoesToTheTopicOfTheTopicAndTheGroup) {
    EXPECT_EQ(write(OwnedRecord("{}").get()).topic, "orders.billing.orders.dlq");
    EXPECT_EQ(queue.topic_for("orders"), "orders.billing.orders.dlq");
}

TEST_F(DeadLetterQueueTest, KeepsKeyPayloadAndOtherHeadersByteForByte) {
    const std::string bytes("\x00\xFF\xC3{\"id\":\n\r", 10);
    Headers headers;
    headers.append("tenant", std::string("\x00\xFF", 2));
    headers.append("tenant", "twice");
    headers.append("empty", "");
    headers.append("null", std::nullopt);
    headers.append("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const OwnedRecord record(bytes, bytes + "key", headers);
    const OutgoingRecord& copy = write(record.get());
    EXPECT_EQ(text_of(copy.payload), bytes);
    EXPECT_EQ(text_of(copy.key), bytes + "key");
    std::vector<Headers::Entry> others;
    std::ranges::copy_if(*copy.headers, std::back_inserter(others),
                         [](const auto& entry) { return !entry.name.starts_with("tributary-"); });
    EXPECT_EQ(others, std::vector<Headers::Entry>(headers.begin(), headers.end()));
}

TEST_F(DeadLetterQueueTest, ATombstoneStaysOneAndAnEmptyPayloadStaysEmpty) {
    EXPECT_FALSE(write(OwnedRecord(std::nullopt, std::nullopt).get()).payload.has_value());
    EXPECT_FALSE(outputs.unsent().back().key.has_value());
    EXPECT_EQ(text_of(write(OwnedRecord("", "").get()).payload), "");
    EXPECT_EQ(text_of(outputs.unsent().back().key), "");
}

TEST_F(DeadLetterQueueTest, SaysWhereTheRecordWasAndWhatHappened) {
    const Headers& headers = headers_for({});
    const std::map<std::string, std::string> expected{
        {"tributary-original-topic", "orders"},
        {"tributary-original-partition", "3"},
        {"tributary-original-offset", "41"},
        {"tributary-original-timestamp", "1769862896789"},
        {"tributary-group", "billing.orders"},
        {"tributary-service", "billing"},
        {"tributary-handler", "on_order"},
        {"tributary-error-class", "HandlerError"},
        {"tributary-error-message", "no such account"},
        {"tributary-attempts", "5"},
        {"tributary-first-failure", "2026-01-31T12:34:56.789Z"},
        {"tributary-last-failure", "2026-01-31T12:35:00.000Z"},
        {"tributary-correlation-id", "corr-1"},
        {"tributary-redrive-count", "0"},
    };
    std::map<std::string, std::string> written;
    for (const Headers::Entry& entry : headers) {
        written[entry.name] = entry.value.value_or("<null>");
    }
    EXPECT_EQ(written, expected);
}

TEST_F(DeadLetterQueueTest, ReplacesItsHeadersOverRedrivesAndKeepsTheirCount) {
    Headers headers = headers_for({});
    for (int redrive = 1; redrive <= 3; ++redrive) {
        headers.set("tributary-redrive-count", std::to_string(redrive));
        const std::string text = "failed again " + std::to_string(redrive);
        reason.text = text;
        headers = headers_for(headers);
        for (const Headers::Entry& entry : headers) {
            EXPECT_EQ(count_of(headers, entry.name), 1U) << entry.name;
        }
        EXPECT_EQ(headers.find("tributary-redrive-count"), std::to_string(redrive));
        EXPECT_EQ(headers.find("tributary-error-message"), text);
    }
}

TEST_F(DeadLetterQueueTest, MakesOneOfHeadersThatSomebodyRepeated) {
    Headers headers;
    headers.append("tributary-error-class", "Old");
    headers.append("tributary-error-class", std::nullopt);
    headers.append("tributary-redrive-count", "2");
    headers.append("tributary-redrive-count", "4");
    const Headers& written = headers_for(headers);
    EXPECT_EQ(count_of(written, "tributary-error-class"), 1U);
    EXPECT_EQ(written.find("tributary-error-class"), "HandlerError");
    EXPECT_EQ(count_of(written, "tributary-redrive-count"), 1U);
    EXPECT_EQ(written.find("tributary-redrive-count"), "4");
}

TEST_F(DeadLetterQueueTest, ARedriveCountThatIsNoNumberCountsAsNone) {
    for (const auto* count : {"", "-1", "many", "1 ", "99999999999999999999"}) {
        Headers headers;
        headers.append("tributary-redrive-count", count);
        EXPECT_EQ(headers_for(headers).find("tributary-redrive-count"), "0") << count;
    }
}

TEST_F(DeadLetterQueueTest, CutsTheTextAt2KilobytesAndReplacesInvalidUtf8) {
    std::string text("\xFF!");
    while (text.size() < 5000) {
        text += "\xE2\x82\xAC";
    }
    reason.text = text;
    const std::string written(headers_for({}).find("tributary-error-message").value());
    EXPECT_LE(written.size(), 2048U);
    EXPECT_GT(written.size(), 2040U);
    EXPECT_TRUE(written.starts_with("\xEF\xBF\xBD!\xE2\x82\xAC"));
    EXPECT_TRUE(written.ends_with("\xE2\x82\xAC"));
}

TEST_F(DeadLetterQueueTest, APointerTellsTheSizeInsteadOfThePayload) {
    const OwnedRecord record(std::string(900'000, 'x'));
    const OutgoingRecord& copy = write(record.get(), DeadLetterForm::pointer);
    EXPECT_FALSE(copy.payload.has_value());
    EXPECT_EQ(text_of(copy.key), "k");
    EXPECT_EQ(copy.headers->find("tributary-payload-bytes"), "900000");
    EXPECT_EQ(copy.headers->find("tributary-original-offset"), "41");
}

TEST_F(DeadLetterQueueTest, APointerFitsWhateverTheHeadersAndTheKeyAre) {
    Headers headers;
    headers.append("huge", std::string(900'000, 'h'));
    headers.append("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const OwnedRecord record("{}", std::string(900'000, 'k'), headers);
    const OutgoingRecord& copy = write(record.get(), DeadLetterForm::pointer);
    EXPECT_FALSE(copy.key.has_value());
    EXPECT_EQ(copy.headers->find("huge"), std::nullopt);
    EXPECT_TRUE(copy.headers->find("traceparent").has_value());
}

TEST_F(DeadLetterQueueTest, AFullCopyOfARestoredRecordIsNoPointer) {
    Headers headers;
    headers.append("tributary-payload-bytes", "900000");
    EXPECT_EQ(headers_for(headers).find("tributary-payload-bytes"), std::nullopt);
}

} // namespace
} // namespace streaming
