#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/raw_server.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::RawConnection;
using testing_support::RawServer;

const std::string kOk = "HTTP/1.1 200 OK\r\n";

/// A gzip file of `size` zero bytes, or a few more: one literal, then copies of 258 bytes of the byte before, in the
/// fixed Huffman code (RFC 1951, 3.2.6).
std::string gzip_bomb(std::size_t size) {
    std::string bytes("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    unsigned buffer = 0;
    unsigned held = 0;
    const auto put = [&](unsigned bits, unsigned count) { // the lowest first
        for (; count > 0; --count, bits >>= 1U) {
            buffer |= (bits & 1U) << held;
            if (++held == 8) {
                bytes += static_cast<char>(buffer);
                buffer = held = 0;
            }
        }
    };
    put(0b011, 3);      // the last block, fixed code
    put(0b00001100, 8); // the literal 0: 00110000, the highest bit first
    for (std::size_t made = 1; made < size; made += 258) {
        put(0b10100011, 8); // 285, length 258: 11000101
        put(0, 5);          // distance 1
    }
    put(0, 7); // the end; the checksum after it is not reached
    put(0, 7);
    return bytes;
}

std::size_t peak_memory_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stoul(line.substr(6));
        }
    }
    return 0;
}

class HostileServers : public ::testing::Test {
protected:
    struct Patience {
        std::chrono::milliseconds total{20s};
        std::chrono::milliseconds idle{20s};
    };
    Result<HttpResponse> get(const RawServer& server, const Patience& patience) {
        return client_.get({.url = server.url("/path?key=planted"),
                            .timeout = patience.total,
                            .max_body_bytes = 1'000'000,
                            .idle_timeout = patience.idle},
                           {});
    }
    Result<HttpResponse> get(const RawServer& server) { return get(server, {}); }
    /// What a failure says instead of a body.
    static std::string body_of(const Result<HttpResponse>& answer) {
        return answer.ok() ? answer.value().body : answer.error().message;
    }
    static RawServer answering(std::string bytes) {
        return RawServer([bytes = std::move(bytes)](RawConnection& connection) {
            (void)connection.request();
            (void)connection.send(bytes);
        });
    }
    static void expect(const Result<HttpResponse>& answer, ErrorCode code, bool retryable) {
        ASSERT_FALSE(answer.ok());
        EXPECT_EQ(to_string(answer.error().code), to_string(code)) << answer.error().message;
        EXPECT_EQ(answer.error().retryable, retryable);
        EXPECT_THAT(answer.error().message, Not(HasSubstr("planted")));
    }

    CurlHttpClient client_{{}};
};

/// Servers that hang at one point each.
std::vector<std::pair<std::string, RawServer::Script>> hanging_servers() {
    const auto after = [](std::string bytes) {
        return [bytes = std::move(bytes)](RawConnection& connection) {
            (void)connection.request();
            (void)connection.send(bytes);
            connection.hang();
        };
    };
    return {{"before the request is read", [](RawConnection& connection) { connection.hang(); }},
            {"before the answer", after("")},
            {"inside the status", after("HTTP/1.1 2")},
            {"inside the headers", after(kOk + "Content-Type: text")},
            {"before the body", after(kOk + "Content-Length: 100\r\n\r\n")},
            {"inside the body", after(kOk + "Content-Length: 100\r\n\r\nhalf")},
            {"inside a chunk", after(kOk + "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf")},
            {"after a 100", after("HTTP/1.1 100 Continue\r\n\r\n")}};
}

TEST_F(HostileServers, TotalAndIdleTimeEndARequestWhereverTheServerHangs) {
    for (const auto& [where, script] : hanging_servers()) {
        SCOPED_TRACE(where);
        RawServer server(script);
        expect(get(server, {.total = 200ms}), ErrorCode::timed_out, true);
        const auto silent = get(server, {.idle = 50ms});
        expect(silent, ErrorCode::timed_out, true);
        EXPECT_THAT(silent.error().message, HasSubstr("nothing came for 50 ms"));
    }
}

TEST_F(HostileServers, DrippingServersRunIntoTheTotalTime) {
    for (const std::string& head : {kOk + "X-Drip: ", kOk + "Content-Length: 100000\r\n\r\n"}) {
        RawServer server([head](RawConnection& connection) {
            (void)connection.request();
            bool there = connection.send(head);
            while (there) {
                there = connection.send("x") && connection.wait(5ms);
            }
        });
        expect(get(server, {.total = 300ms, .idle = 200ms}), ErrorCode::timed_out, true);
    }
}

TEST_F(HostileServers, ConnectTimeEndsWhatIsNeverAccepted) {
    const auto listener = RawServer::listen_on_loopback(0);
    const std::uint16_t port = RawServer::port_of(listener);
    std::vector<detail::FileDescriptor> fillers; // until the queue of the listener is full
    for (int i = 0; i < 8; ++i) {
        fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        (void)::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    }
    CurlHttpClient client(HttpOptions{.connect_timeout = 200ms});
    const auto begun = std::chrono::steady_clock::now();
    const auto answer =
        client.get({.url = "http://127.0.0.1:" + std::to_string(port) + "/planted", .timeout = 60s}, {});
    expect(answer, ErrorCode::timed_out, true);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
}

TEST_F(HostileServers, AStopEndsARequestWhereverTheServerHangs) {
    for (const auto& [where, script] : hanging_servers()) {
        SCOPED_TRACE(where);
        std::atomic<bool> reached{false};
        RawServer server([&, script = script](RawConnection& connection) {
            reached = true;
            reached.notify_all();
            script(connection);
        });
        std::stop_source stop;
        std::chrono::steady_clock::time_point stopped;
        const std::jthread stopper([&] {
            reached.wait(false);
            stopped = std::chrono::steady_clock::now();
            stop.request_stop();
        });
        const auto answer = client_.get({.url = server.url(), .timeout = 60s, .idle_timeout = 60s}, stop.get_token());
        EXPECT_LT(std::chrono::steady_clock::now() - stopped, 30s);
        expect(answer, ErrorCode::stopped, false);
    }
}

TEST_F(HostileServers, LiesAboutTheLengthAndEarlyEndsAreFailures) {
    for (const std::string& bytes :
         {kOk + "Content-Length: 100\r\n\r\nhalf", kOk + "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf",
          kOk + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", std::string(), std::string("HTTP/1.1 2")}) {
        const RawServer server = answering(bytes);
        expect(get(server), ErrorCode::unavailable, true);
    }
    const RawServer more = answering(kOk + "Content-Length: 4\r\nConnection: close\r\n\r\nbody and what is not of it");
    EXPECT_EQ(body_of(get(more)), "body");
}

TEST_F(HostileServers, WhatIsNoHttpIsMalformed) {
    const RawServer server = answering("220 smtp.example.org ESMTP\r\n");
    expect(get(server), ErrorCode::malformed, true);
    const RawServer compressed =
        answering(kOk + "Content-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone");
    expect(get(compressed), ErrorCode::malformed, true);
}

/// libcurl alone takes what came for the whole of it.
TEST_F(HostileServers, ACompressedBodyThatIsCutOffIsAFailure) {
    std::string table = "id,v\n";
    for (int row = 0; row < 200; ++row) {
        table += "r" + std::to_string(row) + ',' + std::to_string(100'000 + row * 7) + '\n';
    }
    for (const auto& [name, encoded] : {std::pair("gzip", testing_support::gzip(table)),
                                        std::pair("deflate", testing_support::zlib_deflate(table))}) {
        for (const std::size_t missing : {0U, 1U, 4U, 9U, 100U}) {
            SCOPED_TRACE(std::string(name) + " without its last " + std::to_string(missing));
            const std::string sent = encoded.substr(0, encoded.size() - missing);
            const std::string head = kOk + "Content-Encoding: " + name + "\r\n";
            for (const std::string& answer :
                 {head + "Content-Length: " + std::to_string(sent.size()) + "\r\n\r\n" + sent,
                  head + "Connection: close\r\n\r\n" + sent}) {
                const RawServer server = answering(answer);
                if (missing == 0) {
                    EXPECT_EQ(body_of(get(server)), table);
                } else {
                    expect(get(server), ErrorCode::unavailable, true);
                }
            }
        }
    }
}

TEST_F(HostileServers, ARefusalCountsWhateverItsBodyIs) {
    const std::string cut = testing_support::gzip(std::string(1000, 'x')).substr(0, 15);
    for (const std::string& body : {"Content-Encoding: gzip\r\nContent-Length: 15\r\n\r\n" + cut,
                                    std::string("Content-Encoding: br\r\nContent-Length: 4\r\n\r\nnone"),
                                    "Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip_bomb(50'000'000)}) {
        const RawServer server = answering("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n" + body);
        const auto answer = get(server);
        ASSERT_TRUE(answer.ok()) << answer.error().message;
        EXPECT_EQ(answer.value().status, 429);
        EXPECT_EQ(answer.value().header("retry-after"), "7");
        EXPECT_EQ(answer.value().body, "");
    }
}

TEST_F(HostileServers, AnEncodingThatNobodyAskedForIsMalformed) {
    const RawServer server = answering(kOk + "Content-Encoding: br\r\nContent-Length: 4\r\n\r\nnone");
    expect(get(server), ErrorCode::malformed, true);
}

TEST_F(HostileServers, TheBodyIsCountedAfterDecoding) {
    const std::string bomb = gzip_bomb(50'000'000);
    ASSERT_LT(bomb.size(), 1'000'000U);
    const RawServer server =
        answering(kOk + "Content-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb.size()) + "\r\n\r\n" + bomb);
    constexpr std::size_t kCap = 16U * 1024U * 1024U;
    const std::size_t before = peak_memory_kib();
    const auto answer = client_.get({.url = server.url("/planted"), .max_body_bytes = kCap}, {});
    expect(answer, ErrorCode::too_large, false);
#ifndef TRIBUTARY_SANITIZED // they keep what was freed for a while
    EXPECT_LE(peak_memory_kib() - before, 2 * kCap / 1024);
#else
    EXPECT_GT(peak_memory_kib(), before - 1);
#endif
    const std::string small = testing_support::gzip(std::string(500'000, '0'));
    const RawServer fits = answering(kOk + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + small);
    EXPECT_EQ(body_of(client_.get({.url = fits.url(), .timeout = 20s}, {})).size(), 500'000U);
}

TEST_F(HostileServers, EndlessAnswersAreTooLarge) {
    for (const auto& [head, piece] :
         {std::pair(kOk + "Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + std::string(65'536, 'x') + "\r\n"),
          std::pair(kOk + "\r\n", std::string(65'536, 'x')),
          std::pair(kOk, "X-More: " + std::string(8'000, 'x') + "\r\n")}) {
        RawServer server([head = head, piece = piece](RawConnection& connection) {
            (void)connection.request();
            bool there = connection.send(head);
            while (there) {
                there = connection.send(piece);
            }
        });
        expect(client_.get({.url = server.url("/planted"), .timeout = 20s, .max_body_bytes = 1'000'000}, {}),
               ErrorCode::too_large, false);
    }
    const RawServer announced = answering(kOk + "Content-Length: 2000000\r\n\r\n");
    expect(get(announced), ErrorCode::too_large, false);
}

TEST_F(HostileServers, KeepsConnections) {
    RawServer server([](RawConnection& connection) {
        while (!connection.request().empty() && connection.send(kOk + "Content-Length: 2\r\n\r\nok")) {
        }
    });
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(body_of(get(server)), "ok");
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HostileServers, GoesThroughTheProxyOfTheEnvironment) {
    std::mutex mutex;
    std::string asked;
    RawServer proxy([&](RawConnection& connection) {
        const std::string request = connection.request();
        {
            const std::lock_guard lock(mutex);
            asked = request;
        }
        (void)connection.send(kOk + "Content-Length: 5\r\nConnection: close\r\n\r\nproxy");
    });
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    const auto answer = client_.get({.url = "http://api.example.invalid/path", .timeout = 20s}, {});
    ::unsetenv("http_proxy");
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().body, "proxy");
    const std::lock_guard lock(mutex);
    EXPECT_THAT(asked, HasSubstr("GET http://api.example.invalid/path"));
}

TEST_F(HostileServers, ManyAreAskedAtOnceFromOneThreadAndNoMoreThanAllowed) {
    constexpr std::size_t kAtOnce = 5;
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t active = 0;
    std::size_t most = 0;
    RawServer server([&](RawConnection& connection) {
        for (std::string request = connection.request(); !request.empty(); request = connection.request()) {
            const std::string path = request.substr(4, request.find(' ', 4) - 4);
            {
                std::unique_lock lock(mutex);
                most = std::max(most, ++active);
                changed.notify_all();
                changed.wait(lock, [&] { return most >= kAtOnce; }); // nobody is answered before all have come
            }
            {
                const std::lock_guard lock(mutex);
                --active;
            }
            if (path == "/7" ||
                !connection.send(kOk + "Content-Length: " + std::to_string(path.size()) + "\r\n\r\n" + path)) {
                return;
            }
        }
    });
    std::vector<HttpRequest> requests;
    for (int i = 0; i < 40; ++i) {
        requests.push_back({.url = server.url("/" + std::to_string(i)), .timeout = 20s});
    }
    requests.push_back({.url = "ftp://127.0.0.1/"});
    const auto answers = client_.get_all(requests, kAtOnce, {});
    ASSERT_EQ(answers.size(), 41U);
    for (std::size_t i = 0; i < 40; ++i) {
        if (i == 7) {
            expect(answers[i], ErrorCode::unavailable, true);
            continue;
        }
        ASSERT_TRUE(answers[i].ok()) << i << ": " << answers[i].error().message;
        EXPECT_EQ(answers[i].value().body, "/" + std::to_string(i));
    }
    expect(answers[40], ErrorCode::invalid_argument, false);
    EXPECT_EQ(most, kAtOnce);
}

TEST_F(HostileServers, AStopEndsAllOfABatch) {
    std::atomic<std::size_t> reached{0};
    RawServer server([&](RawConnection& connection) {
        (void)connection.request();
        ++reached;
        reached.notify_all();
        connection.hang();
    });
    const std::vector<HttpRequest> requests(10, {.url = server.url("/planted"), .timeout = 60s});
    std::stop_source stop;
    const std::jthread stopper([&] {
        reached.wait(0);
        stop.request_stop();
    });
    for (const auto& answer : client_.get_all(requests, 3, stop.get_token())) {
        expect(answer, ErrorCode::stopped, false);
    }
}

} // namespace
} // namespace streaming
