#include "core/streaming/reliability/stored_id.hpp"

#include <gmock/gmock.h>

#include <set>

namespace streaming {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUuid = "61626364-6566-4768-a96a-6b6c6d6e6f70";

std::string stored(std::string_view id) { return std::string(StoredId(id).view()); }

TEST(StoredId, PacksACanonicalUuid) { EXPECT_EQ(stored(kUuid).size(), 16U); }

TEST(StoredId, LeavesAShortTextAsItIs) {
    EXPECT_EQ(stored("order-1"), "order-1");
    EXPECT_EQ(stored("a\0b"sv), "a\0b"sv);
    EXPECT_EQ(stored(""), "");
}

TEST(StoredId, DigestsALongText) {
    // echo -n with 65 times "a" | sha256sum
    EXPECT_EQ(stored(std::string(65, 'a')), "sha256:635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0");
}

TEST(StoredId, NoTwoIdsShareAForm) {
    std::string upper(kUuid);
    upper[0] = 'A';
    std::set<std::string> ids{std::string(kUuid), upper, stored(kUuid), stored(std::string(65, 'a'))};
    for (const std::size_t size : {1U, 14U, 15U, 16U, 17U, 31U, 32U, 33U, 63U, 64U, 65U, 66U, 71U, 72U, 1000U}) {
        ids.insert(std::string(size, '='));
        ids.insert(std::string(size, 'a'));
        ids.insert("=" + std::string(size, 'a'));
        ids.insert(std::string(size, '\0'));
    }
    std::set<std::string> forms;
    for (const std::string& id : ids) {
        forms.insert(stored(id));
    }
    EXPECT_EQ(forms.size(), ids.size());
}

} // namespace
} // namespace streaming
