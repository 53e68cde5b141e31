#include "tests/kafka/output_account.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/kafka_tools.hpp"

namespace tests {

using streaming::testing_support::await_end;
using streaming::testing_support::read_topic;
using streaming::testing_support::StoredRecord;

std::ostream& operator<<(std::ostream& out, const OutputAccount& account) {
    return out << "missing " << account.missing << ", strangers " << account.strangers << ", repeats "
               << account.repeats << ", two ids " << account.two_ids << ", shuffled " << account.shuffled;
}

OutputAccount account_of(const std::vector<StoredRecord>& records, int sent) {
    OutputAccount account;
    std::map<int, std::string> ids;
    std::map<std::string, int> last_of_key;
    for (const StoredRecord& record : records) {
        const auto event = nlohmann::json::parse(record.payload.value_or("null"));
        const int number = event.at("data").at("number");
        const std::string id = event.at("id");
        if (number < 0 || number >= sent) {
            ++account.strangers;
            continue;
        }
        const auto [known, is_new] = ids.emplace(number, id);
        if (!is_new) {
            ++account.repeats;
            account.two_ids += known->second != id ? 1U : 0U;
            continue;
        }
        const auto [last, is_first] = last_of_key.emplace(record.key.value_or(""), number);
        account.shuffled += !is_first && number < last->second ? 1U : 0U;
        last->second = number;
    }
    account.missing = static_cast<std::size_t>(sent) - ids.size();
    return account;
}

OutputAccount await_output(const std::string& servers, const std::string& topic, int sent,
                           std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::int64_t wanted = sent;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const bool in_time = await_end(servers, topic, wanted, left);
        const auto records = read_topic(servers, topic, std::chrono::seconds(20));
        const OutputAccount account = account_of(records, sent);
        if (account.missing == 0 || !in_time) {
            return account;
        }
        wanted = static_cast<std::int64_t>(records.size() + account.missing); // what is there are repeats in part
    }
}

} // namespace tests
