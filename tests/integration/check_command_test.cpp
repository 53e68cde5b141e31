#include <gmock/gmock.h>

#include "tests/support/child_process.hpp"
#include "tests/support/config_files.hpp"

// `tributary check` as somebody calls it.
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(CheckCommand, WarnsOfSourcesThatTheIngestProgramWouldRefuse) {
    tests::ConfigFiles files;
    const std::string config = files.write("config.yaml", R"(
kafka: {bootstrap_servers: "127.0.0.1:1"}
sources:
  typo: {source_type: http_jsn, topic: readings}
  place: {source_type: http_json, topic: readings, custom_params: {urll: "http://127.0.0.1:1"}}
  fine: {source_type: http_json, topic: readings, custom_params: {url: "http://127.0.0.1:1"}}
  off: {source_type: telepathy, topic: readings, enabled: false}
)");
    streaming::testing_support::ChildProcess check({TRIBUTARY_PROGRAM, "check", "--connect", config},
                                                   files.path("output"));
    EXPECT_EQ(check.wait_for(std::chrono::seconds(60)), 69) << "the broker is away; a source is no problem for sure";
    EXPECT_THAT(tests::content_of(files.path("output")),
                AllOf(HasSubstr("warning: sources.typo.source_type: 'http_jsn' is not known here; there are file, "),
                      HasSubstr("warning: sources.place.custom_params.urll: is not known here"),
                      testing::Not(HasSubstr("sources.fine")), testing::Not(HasSubstr("telepathy")),
                      HasSubstr("ok: broker 127.0.0.1:1")));
}

} // namespace
