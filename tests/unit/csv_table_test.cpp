#include "core/streaming/ingestion/csv_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Read {
    std::vector<std::string> columns{};
    std::vector<std::vector<std::string>> rows{}; ///< those that have cells
    std::vector<CsvTable::Row> all{};
};

Read read(std::string_view text, CsvOptions options = {}) {
    CsvTable table(text, options);
    Read read{.columns = table.columns()};
    while (auto row = table.next()) {
        if (row->problem.empty()) {
            read.rows.emplace_back(table.cells().begin(), table.cells().end());
        }
        read.all.push_back(std::move(*row));
    }
    return read;
}

std::string refusal(std::string_view text) {
    try {
        (void)read(text);
    } catch (const PermanentError& problem) {
        return problem.what();
    }
    return "";
}

TEST(CsvTable, HasColumnsAndRows) {
    const Read table = read("a,b\n1,2\n3,");
    EXPECT_THAT(table.columns, ElementsAre("a", "b"));
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "2"), ElementsAre("3", "")));
}

TEST(CsvTable, UnderstandsQuotes) {
    const Read table = read("\"a\",\"b,c\"\n\"x\"\"y\",\"1\n2\r\n3\"\n\"\",5' 10\"\n");
    EXPECT_THAT(table.columns, ElementsAre("a", "b,c"));
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("x\"y", "1\n2\r\n3"), ElementsAre("", "5' 10\"")));
}

TEST(CsvTable, UnderstandsTheLineEndsOfAllMachines) {
    for (const std::string_view text : {"a,b\n1,\"2\"\n\n3,4\n", "a,b\r\n1,\"2\"\r\n\r\n3,4", "a,b\r1,\"2\"\r\r3,4\r",
                                        "\xEF\xBB\xBF\r\na,b\r\n1,2\r\n3,4\r\n"}) {
        const Read table = read(text);
        EXPECT_THAT(table.columns, ElementsAre("a", "b")) << text;
        EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "2"), ElementsAre("3", "4"))) << text;
    }
}

TEST(CsvTable, NumbersRowsAndLines) {
    const Read table = read("a\n\n\"1\n2\"\n3\n");
    ASSERT_THAT(table.all, SizeIs(2));
    EXPECT_EQ(table.all[0].line, 3U);
    EXPECT_EQ(table.all[1].number, 2U);
    EXPECT_EQ(table.all[1].line, 5U);
    EXPECT_EQ(table.all[0].text, "\"1\n2\"");
}

TEST(CsvTable, SaysWhatIsWrongWithARowAndGoesOn) {
    const Read table = read("a,b\n1\n1,2,3\n\"1\"x,2\n\xFF,1\n5,6\r\n");
    ASSERT_THAT(table.all, SizeIs(5));
    EXPECT_EQ(table.all[0].problem, "there are 1 cells, the header has 2");
    EXPECT_EQ(table.all[1].problem, "there are 3 cells, the header has 2");
    EXPECT_EQ(table.all[2].problem, "cell 1: there is something behind its closing quote");
    EXPECT_EQ(table.all[2].text, "\"1\"x,2");
    EXPECT_EQ(table.all[3].problem, "the row is no UTF-8");
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("5", "6")));
    EXPECT_EQ(table.all[4].text, "5,6");
}

TEST(CsvTable, AQuoteThatIsNeverClosedCostsItsLine) {
    const Read table = read("a,b\n1,\"2\n3,4\n5,6\n");
    ASSERT_THAT(table.all, SizeIs(3));
    EXPECT_EQ(table.all[0].problem, "cell 2: its quote is not closed");
    EXPECT_EQ(table.all[0].text, "1,\"2");
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("3", "4"), ElementsAre("5", "6")));
}

TEST(CsvTable, RowsAreBounded) {
    const Read table = read("a,b\n" + std::string(50, 'x') + ",2\n\"1\n" + std::string(50, 'y') + "\",1\n3,4\n",
                            {.max_row_bytes = 20});
    ASSERT_THAT(table.all, SizeIs(4));
    EXPECT_THAT(table.all[0].problem, HasSubstr("the row has 52 bytes, more than 20"));
    EXPECT_EQ(table.all[1].problem, "cell 1: its quote is not closed");
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("3", "4")));
}

TEST(CsvTable, DelimitersAreChosenAndNamesTrimmed) {
    const Read table = read(" a ;;\"b;\"\n1;2;3\n", {.delimiter = ';'});
    EXPECT_THAT(table.columns, ElementsAre("a", "column_2", "b;"));
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "2", "3")));
}

TEST(CsvTable, WithoutAHeaderThereIsNone) {
    EXPECT_EQ(refusal(std::string_view("\xFF\xFE"
                                       "a\0",
                                       4)),
              "the table is UTF-16, not UTF-8");
    EXPECT_THAT(refusal("\xFF\n1"), HasSubstr("no header that can be read: the row is no UTF-8"));
    const std::string wide(5000, ',');
    EXPECT_THAT(refusal(wide), HasSubstr("more than 4096 columns"));
    EXPECT_THAT(read("").columns, SizeIs(0));
    EXPECT_THAT(read("a,b").all, SizeIs(0));
}

TEST(CsvTable, KnowsHowManyRowsAreWhole) {
    const auto whole = [](std::string_view text, CsvOptions options = {}) {
        return std::string(text.substr(0, CsvTable::whole_rows(text, options)));
    };
    EXPECT_EQ(whole("a,b\n1,2"), "a,b\n");
    EXPECT_EQ(whole("a,b\r\n1,2\r"), "a,b\r\n");
    EXPECT_EQ(whole("a,b\r"), "");
    EXPECT_EQ(whole("a,\"b\nc"), "");
    EXPECT_EQ(whole("\"a\"\"\n\"\n1\n2"), "\"a\"\"\n\"\n1\n");
    EXPECT_EQ(whole("5'\"\"x,1\n2"), "5'\"\"x,1\n");
    EXPECT_EQ(whole("1,\"2\n3,4\n5,6\n7", {.max_row_bytes = 6}), "1,\"2\n3,4\n5,6\n");
    EXPECT_EQ(whole(""), "");
}

} // namespace
