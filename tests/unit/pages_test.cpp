#include "core/streaming/ingestion/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/fake_http_client.hpp"

namespace streaming {
namespace {

using testing::ElementsAre;

/// The body of a page is the URL of the next, behind its own text.
class Pages : public testing::Test {
protected:
    void page(const std::string& path, const std::string& text, const std::string& next) {
        web_.answer("http://api.example" + path, text + " " + next);
    }
    std::string read(std::size_t most_pages = 10) {
        const Status read = for_each_page({.http = http_, .stop = {}}, {.url = "http://api.example/1?key=secret"},
                                          most_pages, [this](const HttpResponse& answer) -> Result<std::string> {
                                              const std::size_t space = answer.body.find(' ');
                                              texts_.push_back(answer.body.substr(0, space));
                                              return answer.body.substr(space + 1);
                                          });
        return read ? "" : std::string(to_string(read.error().code)) + ": " + read.error().message;
    }

    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    std::vector<std::string> texts_{};
};

TEST_F(Pages, AreReadToTheLast) {
    page("/1?key=secret", "a", "http://api.example/2");
    page("/2", "b", "/3?x=1");
    page("/3?x=1", "c", "");
    EXPECT_EQ(read(3), "");
    EXPECT_THAT(texts_, ElementsAre("a", "b", "c"));
}

TEST_F(Pages, ThatLoopAreAnErrorWithoutThePath) {
    page("/1?key=secret", "a", "http://api.example/2");
    page("/2", "b", "http://api.example/1?key=secret");
    EXPECT_EQ(read(), "malformed: api.example: page 2 names a next page that was there before");
}

TEST_F(Pages, ThatShowTheSameUnderAnotherCursorAreAnError) {
    page("/1?key=secret", "a", "/1?cursor=2");
    page("/1?cursor=2", "b", "/1?cursor=3");
    page("/1?cursor=3", "a", "/1?cursor=2");
    EXPECT_EQ(read(), "malformed: api.example: page 3 is one that was there before");
}

TEST_F(Pages, WithoutEndAreAnError) {
    for (int i = 1; i < 10; ++i) {
        page("/" + std::to_string(i) + (i == 1 ? "?key=secret" : ""), std::to_string(i), "/" + std::to_string(i + 1));
    }
    EXPECT_EQ(read(4), "malformed: api.example: page 4 is not the last, and no more are fetched");
    EXPECT_THAT(texts_, ElementsAre("1", "2", "3", "4"));
}

TEST_F(Pages, OfAnotherHostAreNotFetched) {
    for (const char* next : {"http://evil.example/2", "https://api.example/2", "http://api.example:81/2",
                             "http://api.example@evil.example/", "ftp", "//evil.example/2"}) {
        page("/1?key=secret", "a", next);
        EXPECT_THAT(read(), testing::StartsWith("malformed: api.example: page 1 names a next page on another host"))
            << next;
    }
    EXPECT_EQ(web_.requests().size(), 6U);
}

TEST_F(Pages, StopAtAnError) {
    page("/1?key=secret", "a", "/2");
    web_.fail_next(1, {.code = ErrorCode::timed_out, .message = "no answer", .retryable = true});
    EXPECT_EQ(read(), "timed_out: no answer");
    EXPECT_THAT(texts_, testing::IsEmpty());
}

} // namespace
} // namespace streaming
