#include "core/streaming/ingestion/file_replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/file_cursor_store.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace streaming;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FileReplayTest : public SourceHandlerFixture {
protected:
    FileReplayTest() { std::filesystem::create_directory(folder_); }
    ~FileReplayTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
    void append(const std::string& text) { std::ofstream(path_, std::ios::binary | std::ios::app) << text; }
    void start() {
        options_.path = path_;
        options_.cursor = "source_a.file";
        options_.record.event_type = "row.recorded";
        options_.record.natural_key = {"id"};
        replay_ =
            std::make_unique<FileReplay>(clock_, options_, std::make_unique<FileCursorStore>(folder_ / "cursors"));
    }
    Result<Response> fetch_answer() { return replay_->fetch({.http = http_, .stop = {}}); }
    /// The keys of one poll; its receipt is kept. A rejected row is its reason.
    std::vector<std::string> poll() {
        if (replay_ == nullptr) {
            start();
        }
        auto answer = fetch_answer();
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        std::vector<std::string> keys;
        if (!answer || answer.value().status == Response::kNothing) {
            return keys;
        }
        receipts_.push_back(std::move(answer.value().receipt));
        for (const SourceRow& row : handle(replay_->handler(), answer.value())) {
            keys.push_back(row.rejected.value_or(row.key));
        }
        return keys;
    }
    void settle(std::size_t poll, bool delivered = true) { receipts_.at(poll)->complete(delivered); }
    std::string error() {
        auto answer = fetch_answer();
        return answer ? "" : answer.error().message;
    }

    const std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("file_replay_" + std::to_string(::getpid()) + "_" +
                                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    const std::filesystem::path path_ = folder_ / "rows";
    FileReplayOptions options_{};
    std::unique_ptr<FileReplay> replay_{};
    std::vector<std::shared_ptr<Receipt>> receipts_{};
};

TEST_F(FileReplayTest, ReadsAFileOnceAndWhatIsAppended) {
    write("id,x\n1,a\n2,b\n");
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), IsEmpty());
    append("3,c\n\"4\n4\",d\r\n");
    EXPECT_THAT(poll(), ElementsAre("3", "4\n4"));
    EXPECT_THAT(poll(), IsEmpty());
}

TEST_F(FileReplayTest, RemembersItsPlaceInTheCursorsOfTheSourceWhereItHasNoneOfItsOwn) {
    write("id,x\n1,a\n2,b\n");
    const auto keys_of_a_start = [this](CursorStore* cursors) {
        options_.path = path_;
        options_.cursor = "source_a.file";
        options_.record.natural_key = {"id"};
        FileReplay replay(clock_, options_, nullptr);
        auto answer = replay.fetch({.http = http_, .stop = {}, .cursors = cursors});
        std::vector<std::string> keys;
        if (answer.ok() && answer.value().status != Response::kNothing) {
            for (const SourceRow& row : handle(replay.handler(), answer.value())) {
                keys.push_back(row.key);
            }
            answer.value().receipt->complete(true);
        }
        return keys;
    };
    EXPECT_THAT(keys_of_a_start(&cursors_), ElementsAre("1", "2"));
    append("3,c\n");
    EXPECT_THAT(keys_of_a_start(&cursors_), ElementsAre("3"));
    EXPECT_THAT(keys_of_a_start(&cursors_), IsEmpty());
    EXPECT_THAT(keys_of_a_start(nullptr), ElementsAre("1", "2", "3")) << "nowhere: it begins anew";
}

TEST_F(FileReplayTest, ReadsNoPartOfARowThatIsBeingWritten) {
    write("id,");
    EXPECT_THAT(poll(), IsEmpty());
    append("x\n1,a\n2,\"b\n");
    EXPECT_THAT(poll(), ElementsAre("1"));
    EXPECT_THAT(poll(), IsEmpty());
    append("c\"\n3");
    EXPECT_THAT(poll(), ElementsAre("2"));
    append("3,d");
    EXPECT_THAT(poll(), IsEmpty());
    clock_.advance(59s);
    EXPECT_THAT(poll(), IsEmpty());
    append("e");
    EXPECT_THAT(poll(), IsEmpty());
    clock_.advance(60s); // nobody writes on
    EXPECT_THAT(poll(), ElementsAre("33"));
    EXPECT_THAT(poll(), IsEmpty());
}

TEST_F(FileReplayTest, ReadsLinesOfJson) {
    options_.format = FileReplayOptions::Format::ndjson;
    options_.rows_per_poll = 2;
    write("\xEF\xBB\xBF{\"id\":1}\n\n{\"id\":2}\n{\"id\":3\n{\"id\":4}\n{\"id\"");
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), ElementsAre("row 3: the line is no JSON", "4"));
    EXPECT_THAT(poll(), IsEmpty());
    append(":5}\n");
    EXPECT_THAT(poll(), ElementsAre("5"));
}

TEST_F(FileReplayTest, NumbersRowsInTheFileAndAsksToBePolledWhileThereAreMore) {
    options_.rows_per_poll = 2;
    write("id,x\n1,a\n2,b\n3\n4,d\n5\n");
    start();
    int news = 0;
    replay_->on_news([&] { ++news; });
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_EQ(news, 1);
    EXPECT_THAT(poll(), ElementsAre("row 3, line 4: there are 1 cells, the header has 2", "4"));
    EXPECT_EQ(news, 2);
    EXPECT_THAT(poll(), ElementsAre("row 5, line 6: there are 1 cells, the header has 2"));
    EXPECT_EQ(news, 2);
}

TEST_F(FileReplayTest, GoesOnAfterARestartBehindWhatWasSettled) {
    options_.rows_per_poll = 2;
    write("id,x\n1,a\n2,b\n3,c\n4,d\n5,e\n");
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), ElementsAre("3", "4"));
    EXPECT_THAT(poll(), ElementsAre("5"));
    settle(1); // the first is still on its way
    start();
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), ElementsAre("3", "4"));
    settle(4);
    settle(3);
    start();
    EXPECT_THAT(poll(), ElementsAre("5"));
    settle(5);
    append("6\n");
    start();
    EXPECT_THAT(poll(), ElementsAre("row 6, line 7: there are 1 cells, the header has 2"));
}

TEST_F(FileReplayTest, ReadsAgainWhatWasGivenUp) {
    options_.rows_per_poll = 2;
    write("id,x\n1,a\n2,b\n3,c\n4,d\n5,e\n");
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), ElementsAre("3", "4"));
    settle(0, false);
    settle(1);
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    EXPECT_THAT(poll(), ElementsAre("3", "4"));
}

TEST_F(FileReplayTest, SaysThatThePlaceCannotBeSavedUntilItCan) {
    options_.rows_per_poll = 1;
    write("id,x\n1,a\n2,b\n");
    EXPECT_THAT(poll(), ElementsAre("1"));
    std::ofstream(folder_ / "cursors") << "no directory";
    settle(0);
    EXPECT_THAT(poll(), ElementsAre("2")) << "the rows go on";
    for (int polls = 0; polls < 2; ++polls) {
        const auto answer = fetch_answer();
        ASSERT_FALSE(answer.ok());
        EXPECT_TRUE(answer.error().retryable);
        EXPECT_THAT(answer.error().message,
                    AllOf(HasSubstr(path_.string() + ": the place in it cannot be saved"), HasSubstr("/cursors")));
    }
    std::filesystem::remove(folder_ / "cursors");
    EXPECT_THAT(poll(), IsEmpty());
    start();
    EXPECT_THAT(poll(), ElementsAre("2")) << "it was saved";
}

TEST_F(FileReplayTest, TheDelimiterThatAFileTellsHoldsForItsPieces) {
    options_.rows_per_poll = 1;
    options_.table.may_be_semicolons = true;
    for (const char* head : {"\xEF\xBB\xBFsep=;\r\nid;x\r\n", "id;x\n", "sep=;\n"}) {
        options_.table.columns =
            std::string_view(head) == "sep=;\n" ? std::vector<std::string>{"id", "x"} : std::vector<std::string>{};
        std::filesystem::remove_all(folder_ / "cursors");
        write(std::string(head) + "1;\"a;\n\"\n2;b,b\n3;c\nx\n");
        start();
        EXPECT_THAT(poll(), ElementsAre("1")) << head;
        EXPECT_THAT(poll(), ElementsAre("2")) << head;
        EXPECT_THAT(poll(), ElementsAre("3")) << head;
        const std::string line = std::to_string(5 + std::ranges::count(std::string_view(head), '\n'));
        EXPECT_THAT(poll(), ElementsAre("row 4, line " + line + ": there are 1 cells, the header has 2")) << head;
    }
}

TEST_F(FileReplayTest, AFileWithoutAHeaderGoesOnToo) {
    options_.rows_per_poll = 1;
    options_.table.columns = {"id", "x"};
    write(
        "\xEF\xBB\xBF"
        "1,a\n2,b\n3,c\n");
    EXPECT_THAT(poll(), ElementsAre("1"));
    EXPECT_THAT(poll(), ElementsAre("2"));
    settle(0);
    start();
    EXPECT_THAT(poll(), ElementsAre("2"));
    EXPECT_THAT(poll(), ElementsAre("3"));
}

TEST_F(FileReplayTest, RowsOfAnyLengthCome) {
    options_.rows_per_poll = 2;
    options_.max_bytes = 1'000'000;
    const std::string large = "3," + std::string(500'000, 'x') + "\n4," + std::string(400'000, 'y') + '\n';
    write("id,x\n1,a\n2,b\n" + large + "5,\"" + std::string(999'995, 'z') + "\"\n6,a\n");
    using Keys = std::vector<std::string>;
    for (const Keys& keys : {Keys{"1", "2"}, Keys{"3", "4"}, Keys{"5"}, Keys{"6"}}) {
        EXPECT_EQ(poll(), keys);
    }
    append("7," + std::string(1'000'000, 'x') + '\n');
    EXPECT_THAT(error(), HasSubstr("row 7 has more than 1000000 bytes"));
}

TEST_F(FileReplayTest, AnotherFileIsReadFromItsBeginning) {
    write("id,x\n1,a\n2,b\n");
    EXPECT_THAT(poll(), ElementsAre("1", "2"));
    write("id,x\n7,a\n");
    EXPECT_THAT(poll(), ElementsAre("7"));
    write("id,y\n8,a\n9,b\n10,c\n"); // longer, but not the same
    EXPECT_THAT(poll(), ElementsAre("8", "9", "10"));
    settle(2);
    write("id,y\n0,a\n9,b\n10,c\n11,c\n");
    start();
    EXPECT_THAT(poll(), ElementsAre("0", "9", "10", "11"));
}

TEST_F(FileReplayTest, ComesAsItHappened) {
    options_.speed = 10;
    options_.record.event_time =
        RecordTime{.places = {"at"}, .format = EventTimeFormat::of("unix_seconds", {}).value()};
    write("id,at\n1,1767220000\n2,x\n3,1767220010\n4,1767220005\n5,1767220030\n");
    EXPECT_THAT(poll(), ElementsAre("1", HasSubstr("row 2, line 3: event_time: 'x' is no time")));
    EXPECT_THAT(poll(), IsEmpty());
    clock_.advance(1s);
    EXPECT_THAT(poll(), ElementsAre("3", "4"));
    clock_.advance(1999ms);
    EXPECT_THAT(poll(), IsEmpty());
    clock_.advance(1ms);
    EXPECT_THAT(poll(), ElementsAre("5"));
}

TEST_F(FileReplayTest, SaysWhyThereIsNothing) {
    start();
    EXPECT_THAT(error(), HasSubstr("there is no such file"));
    write("a,b\n1,2\n");
    EXPECT_EQ(error(), path_.string() + ": the answer is no table with a column id");
    EXPECT_EQ(error(), path_.string() + ": the answer is no table with a column id");
    write("id,b\n1,2\n");
    EXPECT_THAT(poll(), ElementsAre("1"));
}

} // namespace
