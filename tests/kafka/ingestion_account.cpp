#include "tests/kafka/ingestion_account.hpp"

#include <nlohmann/json.hpp>
#include <tuple>

#include "tests/support/kafka_tools.hpp"

namespace tests {

using streaming::testing_support::await_end;
using streaming::testing_support::read_topic;
using streaming::testing_support::StoredRecord;

std::ostream& operator<<(std::ostream& out, const IngestionAccount& account) {
    return out << "missing " << account.missing << ", strangers " << account.strangers << ", repeats "
               << account.repeats << ", two ids " << account.two_ids << ", other content " << account.other_content;
}

IngestionAccount account_of(const std::vector<StoredRecord>& records, const std::map<std::string, int>& served) {
    struct First {
        std::string id{};
        std::tuple<std::optional<std::string>, std::string, std::string> content{};
    };
    IngestionAccount account;
    std::map<std::string, First> found;
    for (const StoredRecord& record : records) {
        const auto event = nlohmann::json::parse(record.payload.value_or("null"));
        const auto& data = event.at("data");
        const std::string natural_key = data.at("id");
        const auto path = served.find(natural_key.substr(0, natural_key.find('#')));
        if (path == served.end() || data.at("number") >= path->second) {
            ++account.strangers;
            continue;
        }
        First event_of_it{.id = event.at("id"), .content = {record.key, event.at("type"), data.dump()}};
        const auto [first, is_new] = found.emplace(natural_key, event_of_it);
        if (!is_new) {
            ++account.repeats;
            account.two_ids += first->second.id != event_of_it.id ? 1U : 0U;
            account.other_content += first->second.content != event_of_it.content ? 1U : 0U;
        }
    }
    for (const auto& [path, count] : served) {
        account.missing += static_cast<std::size_t>(count);
    }
    account.missing -= found.size();
    return account;
}

IngestionAccount await_ingested(const std::string& servers, const std::string& topic,
                                const std::map<std::string, int>& served, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::int64_t wanted = 0;
    for (const auto& [path, count] : served) {
        wanted += count;
    }
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const bool in_time = await_end(servers, topic, wanted, left);
        const auto records = read_topic(servers, topic, std::chrono::seconds(20));
        const IngestionAccount account = account_of(records, served);
        if (account.missing == 0 || !in_time) {
            return account;
        }
        wanted = static_cast<std::int64_t>(records.size() + account.missing); // what is there are repeats in part
    }
}

} // namespace tests
