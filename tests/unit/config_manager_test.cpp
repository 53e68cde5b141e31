#include "core/streaming/patterns/config_manager.hpp"

#include "tests/support/config_files.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ConfigManager, ReadsAgainAndSaysWhatChanged) {
    tests::ConfigFiles files;
    const auto path = files.write("c.yaml", "kafka: {batch_size: 600}\n");
    ConfigManager manager({.files = {path}}, {.kafka = {.client_id = "mine"}});
    EXPECT_THAT(manager.reload().changes, ElementsAre("kafka.batch_size: 500 -> 600"));
    EXPECT_THAT(manager.reload().changes, IsEmpty());
    files.write("c.yaml",
                "kafka: {batch_size: 700}\nredis: {url: \"redis://:hidden@r\"}\n"
                "sources: {s: {source_type: file, custom_params: {api_key: hidden}}}\n");
    EXPECT_THAT(manager.reload().changes,
                testing::UnorderedElementsAre(
                    "kafka.batch_size: 600 -> 700",
                    R"(redis: absent -> {"url":"***","connect_timeout_ms":2000,"command_timeout_ms":2000})",
                    testing::AllOf(testing::StartsWith("sources.s: absent -> {"),
                                   testing::HasSubstr(R"("custom_params":{"api_key":"***"})"))));
    EXPECT_EQ(manager.settings().kafka.client_id, "mine");
    EXPECT_EQ(manager.settings().ingestion.sending.batch_size, 700U);
    files.write("c.yaml", "namespace: live\n");
    EXPECT_THAT(manager.reload().changes, SizeIs(4)); // what is gone has its default again
    EXPECT_FALSE(manager.settings().redis.has_value());
}

TEST(ConfigManager, AChangedSecretIsSeenAndNotShown) {
    tests::ConfigFiles files;
    const auto path = files.write("c.yaml", "redis: {url: \"redis://:one@r\"}\n");
    ConfigManager manager({.files = {path}});
    (void)manager.reload();
    files.write("c.yaml", "redis: {url: \"redis://:two@r\"}\n");
    EXPECT_THAT(manager.reload().changes, ElementsAre(R"(redis.url: "***" -> "***")"));
    EXPECT_EQ(manager.settings().redis->url, "redis://:two@r");
}

TEST(ConfigManager, KeepsTheLastGoodOne) {
    tests::ConfigFiles files;
    const auto path = files.write("c.yaml", "kafka: {batch_size: 600}\n");
    ConfigManager manager({.files = {path}});
    (void)manager.reload();
    files.write("c.yaml", "kafka: {batch_size: 700, max_retries: -1}\n");
    const auto result = manager.reload();
    EXPECT_THAT(result.findings.problems, SizeIs(1));
    EXPECT_THAT(result.changes, IsEmpty());
    EXPECT_EQ(manager.settings().ingestion.sending.batch_size, 600U);
}

} // namespace
