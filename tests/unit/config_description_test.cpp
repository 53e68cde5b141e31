// The description of the configuration agrees with the structs, and with what is made of it.

#include "core/streaming/patterns/config_description.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/streaming/patterns/config_catalog.hpp"
#include "core/streaming/patterns/config_json.hpp"
#include "core/streaming/patterns/config_manager.hpp"
#include "tests/support/config_files.hpp"

namespace {

using namespace streaming;
using detail::ConfigKey;
using detail::ConfigType;
using testing::HasSubstr;

/// Sets one key of the settings without looking at its range.
class SetOne final : public detail::ConfigVisitor {
public:
    SetOne(std::string wanted, nlohmann::json to) : wanted_(std::move(wanted)), to_(std::move(to)) {}

    void value(const ConfigKey& key, const detail::ConfigSlot& slot) override {
        if (detail::join_path(path_, key.name) == wanted_) {
            slot.set(to_);
        }
    }
    void visit_section(const ConfigKey& key, bool, const Inside& inside) override {
        // An optional section is made by looking inside, and one without its URL is wrong.
        if (wanted_.starts_with(detail::join_path(path_, key.name) + ".")) {
            look_inside(key.name, inside);
        }
    }
    void visit_named(const ConfigKey& key, const NamedSections& sections) override {
        for (const auto& name : sections.names()) {
            look_inside(detail::join_path(key.name, key.placeholder),
                        [&](ConfigVisitor& visitor) { sections.visit(visitor, name); });
        }
    }
    void visit_listed(const ConfigKey&, const ListedSections&) override {}
    void visit_named_texts(const ConfigKey&, std::map<std::string, std::string>&) override {}

private:
    void look_inside(const std::string& name, const Inside& inside) {
        const std::string outside = std::exchange(path_, detail::join_path(path_, name));
        inside(*this);
        path_ = outside;
    }

    std::string wanted_;
    nlohmann::json to_;
    std::string path_{};
};

/// What `validate` of the struct that holds a key says about it, once it has that value.
std::vector<std::string> said_about(const std::string& key, double value) {
    Settings settings{.kafka = {.bootstrap_servers = "a:1"}, .redis = RedisOptions{.url = "redis://a"}};
    settings.ingestion.topics["t"];
    settings.ingestion.sources["s"].source_type = "file";
    const bool whole = value == static_cast<double>(static_cast<std::int64_t>(value));
    SetOne set(key, whole ? nlohmann::json(static_cast<std::int64_t>(value)) : nlohmann::json(value));
    describe(set, settings);
    Problems all = settings.ingestion.validate();
    for (const Problems& more : {settings.kafka.validate(), settings.redis->validate(),
                                 settings.deduplication.value_or(DeduplicationOptions{}).validate(),
                                 settings.error_handling.value_or(ErrorHandlingOptions{}).validate()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    std::erase_if(all, [](const std::string& problem) { return problem.find(" is not ") == std::string::npos; });
    std::erase_if(all,
                  [](const std::string& problem) { return problem.find("is not more than") != std::string::npos; });
    return all;
}

TEST(ConfigDescription, RangesAreThoseOfTheStructs) {
    const detail::ConfigCatalog catalog;
    std::size_t ranges = 0;
    for (const auto& entry : catalog.entries()) {
        const ConfigKey& key = entry.key;
        const double step = key.type == ConfigType::whole ? 1 : 0.001;
        if (key.least) {
            EXPECT_THAT(said_about(entry.name(), *key.least), testing::IsEmpty()) << entry.name();
            if (*key.least >= 1 || key.type == ConfigType::number) { // below 0 is no number of an unsigned member
                EXPECT_THAT(said_about(entry.name(), *key.least - step), testing::SizeIs(1)) << entry.name();
            }
            ++ranges;
        }
        if (key.most) {
            EXPECT_THAT(said_about(entry.name(), *key.most), testing::IsEmpty()) << entry.name();
            EXPECT_THAT(said_about(entry.name(), *key.most + step), testing::SizeIs(1)) << entry.name();
            ++ranges;
        }
        if (key.type == ConfigType::whole || key.type == ConfigType::number) {
            EXPECT_TRUE(key.least) << entry.name();
        }
    }
    EXPECT_GE(ranges, 60U);
}

TEST(ConfigDescription, EveryKeyHasAMeaningAndIsFoundByItsPath) {
    const detail::ConfigCatalog catalog;
    for (const auto& entry : catalog.entries()) {
        EXPECT_FALSE(entry.key.meaning.empty()) << entry.name();
        EXPECT_EQ(catalog.find(entry.path), &entry) << entry.name();
    }
    EXPECT_EQ(catalog.find({"sources", "any", "ingestion", "mode"})->key.choices.size(), 3U);
    EXPECT_EQ(catalog.find({"sources", "any", "mode"}), nullptr);
}

TEST(ConfigDescription, TheExampleHasEveryKeyAndPassesTheCheckWithoutAWarning) {
    tests::ConfigFiles files;
    const std::string yaml = ConfigManager::export_example_config();
    const auto as_yaml = files.write("example.yaml", yaml);
    const auto as_json = files.write("example.json", ConfigManager::export_example_config(ConfigFormat::json));
    EXPECT_EQ(files.problems({as_yaml}), "");
    EXPECT_EQ(files.problems({as_json}), "");
    EXPECT_EQ(files.warnings({as_yaml}), "");
    const detail::ConfigCatalog catalog;
    for (const auto& entry : catalog.entries()) {
        if (!entry.key.name.starts_with('<')) {
            EXPECT_THAT(yaml, HasSubstr(entry.key.name + ":")) << entry.name();
        }
    }
    Settings from_yaml;
    Settings from_json;
    (void)read_settings(from_yaml, {.files = {as_yaml}});
    (void)read_settings(from_json, {.files = {as_json}});
    EXPECT_EQ(detail::config_json(from_yaml, detail::Secrets::kept),
              detail::config_json(from_json, detail::Secrets::kept));
}

TEST(ConfigDescription, TheSchemaKnowsTheSameKeys) {
    const auto schema = nlohmann::ordered_json::parse(ConfigManager::export_schema());
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    const auto& properties = schema["properties"];
    EXPECT_EQ(properties["kafka"]["additionalProperties"], false);
    EXPECT_EQ(properties["kafka"]["properties"]["batch_size"]["anyOf"][0],
              nlohmann::ordered_json::parse(R"({"type": "integer", "minimum": 1, "maximum": 10000})"));
    EXPECT_EQ(properties["kafka"]["properties"]["batch_size"]["default"], 500);
    const auto& source = properties["sources"]["additionalProperties"]["properties"];
    EXPECT_EQ(source["ingestion"]["properties"]["mode"]["anyOf"][0]["enum"].size(), 3U);
    EXPECT_EQ(properties.size(),
              nlohmann::ordered_json::parse(ConfigManager::export_example_config(ConfigFormat::json)).size());
}

TEST(ConfigDescription, TheDocsShowThisTable) {
    const std::string docs = tests::content_of(TRIBUTARY_SOURCE_DIR "/docs/configuration.md");
    EXPECT_NE(docs.find(ConfigManager::export_reference()), std::string::npos)
        << "docs/configuration.md is behind the structs: put the output of `tributary reference` in place of its table";
}

} // namespace
