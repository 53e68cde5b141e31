#include "core/streaming/infrastructure/mosquitto_subscriber.hpp"

#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace streaming {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Of messages that are handed over at once, unless one alone has more.
constexpr std::size_t kMaxBytes = 4U * 1024U * 1024U;
/// libmosquitto's own wait while it connects, and how often it looks after its connection.
constexpr milliseconds kLook{100};
constexpr milliseconds kCare{1'000};

using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { freeaddrinfo(list); })>;
using Properties =
    std::unique_ptr<mosquitto_property, decltype([](mosquitto_property* list) { mosquitto_property_free_all(&list); })>;

/// Once for the process, and for as long as it lives.
void use_library() {
    static const int initialized = mosquitto_lib_init();
    (void)initialized;
}

std::optional<std::string> failure_of(int code, const char* what) {
    return code == MOSQ_ERR_SUCCESS ? std::nullopt : std::optional(std::string(what) + ": " + mosquitto_strerror(code));
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

} // namespace

std::unique_ptr<MqttSubscriber> make_mqtt_subscriber(MqttOptions options) {
    return std::make_unique<MosquittoSubscriber>(std::move(options));
}

MosquittoSubscriber::MosquittoSubscriber(MqttOptions options) : options_(std::move(options)) {}

MosquittoSubscriber::~MosquittoSubscriber() { stop(); }

streaming::Status MosquittoSubscriber::start(Handler handler, OnConnected on_connected) {
    if (thread_.joinable()) {
        return {};
    }
    use_library();
    handler_ = std::move(handler);
    on_connected_ = std::move(on_connected);
    client_.reset(mosquitto_new(options_.client_id.c_str(), false, this));
    wake_ = detail::FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    Failure failure = client_ == nullptr || !wake_ ? "out of memory or descriptors" : configure();
    if (failure) {
        return Error{.code = ErrorCode::invalid_argument, .message = "mqtt broker " + broker() + ": " + *failure};
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void MosquittoSubscriber::stop() noexcept {
    thread_ = {}; // asks it to stop and waits
    client_.reset();
}

MqttSubscriber::Status MosquittoSubscriber::status() const {
    const std::scoped_lock lock(status_mutex_);
    Status status = status_;
    status.broker = broker();
    return status;
}

void MosquittoSubscriber::set_status(bool connected, std::string problem) {
    const std::scoped_lock lock(status_mutex_);
    status_.connected = connected;
    status_.connects += connected ? 1 : 0;
    status_.problem = std::move(problem);
}

std::string MosquittoSubscriber::broker() const { return options_.host + ":" + std::to_string(options_.port); }

MosquittoSubscriber::Failure MosquittoSubscriber::configure() {
    mosquitto* client = client_.get();
    const bool v5 = options_.version == MqttOptions::Version::v5;
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, options_.receive_maximum);
    mosquitto_threaded_set(client, true);
    mosquitto_connect_v5_callback_set(client, &on_connect);
    mosquitto_subscribe_v5_callback_set(client, &on_subscribe);
    mosquitto_message_v5_callback_set(client, &on_message);
    for (const std::string& topic : options_.topics) {
        if (mosquitto_sub_topic_check(topic.c_str()) != MOSQ_ERR_SUCCESS) {
            return "'" + topic + "' is no topic filter";
        }
    }
    if (!options_.username.empty()) {
        if (auto failure = failure_of(
                mosquitto_username_pw_set(client, options_.username.c_str(), or_null(options_.password)), "login")) {
            return failure;
        }
    }
    if (!options_.tls) {
        return std::nullopt;
    }
    if (options_.ca_file.empty() && options_.certificate_file.empty()) {
        return failure_of(mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1), "TLS");
    }
    return failure_of(
        mosquitto_tls_set(client, or_null(options_.ca_file), options_.ca_file.empty() ? "/etc/ssl/certs" : nullptr,
                          or_null(options_.certificate_file), or_null(options_.key_file), nullptr),
        "TLS: ca_file, certificate_file or key_file");
}

void MosquittoSubscriber::run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { eventfd_write(wake_.get(), 1); });
    milliseconds delay = options_.first_reconnect_delay;
    while (!stop.stop_requested()) {
        Failure failure;
        try {
            failure = connect(stop);
            if (!failure) {
                delay = options_.first_reconnect_delay;
                failure = serve(stop);
            }
        } catch (const std::exception& problem) { // what is not acknowledged comes again
            failure = problem.what();
        }
        drop_connection();
        set_status(false, failure.value_or("stopped"));
        wait(delay, stop);
        delay = std::min(2 * delay, options_.max_reconnect_delay);
    }
}

void MosquittoSubscriber::wait(milliseconds time, const std::stop_token& stop) const {
    if (!stop.stop_requested()) {
        pollfd woken{.fd = wake_.get(), .events = POLLIN, .revents = 0};
        ::poll(&woken, 1, static_cast<int>(time.count()));
    }
}

MosquittoSubscriber::Failure MosquittoSubscriber::connect(const std::stop_token& stop) {
    connected_.reset();
    subscribed_.reset();
    messages_.clear();
    bytes_ = 0;
    lost_one_ = false;
    said_so_ = false;
    if (Failure failure = reach(stop)) {
        return failure;
    }
    if (Failure failure = open()) {
        return failure;
    }
    if (Failure failure = await(connected_, stop)) {
        return failure;
    }
    return subscribe();
}

/// libmosquitto would wait for a host that does not answer as long as the system does, and could not be stopped.
MosquittoSubscriber::Failure MosquittoSubscriber::reach(const std::stop_token& stop) const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(options_.host.c_str(), std::to_string(options_.port).c_str(), &hints, &found) != 0) {
        return "the host is not known";
    }
    const AddressList addresses(found);
    std::string why = "there is no address";
    for (const addrinfo* address = addresses.get(); address != nullptr && !stop.stop_requested();
         address = address->ai_next) {
        const detail::FileDescriptor socket(
            ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol));
        if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) {
            return std::nullopt;
        }
        std::array<pollfd, 2> watched{pollfd{.fd = socket.get(), .events = POLLOUT, .revents = 0},
                                      pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
        int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
        socklen_t size = sizeof error;
        if (error == ETIMEDOUT &&
            ::poll(watched.data(), watched.size(), static_cast<int>(options_.connect_timeout.count())) > 0 &&
            watched[0].revents != 0) {
            ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (error == 0) {
            return std::nullopt;
        }
        why = std::generic_category().message(error);
    }
    return why;
}

MosquittoSubscriber::Failure MosquittoSubscriber::open() {
    mosquitto_property* list = nullptr;
    if (options_.version == MqttOptions::Version::v5) {
        mosquitto_property_add_int32(&list, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                     static_cast<std::uint32_t>(options_.session_expiry.count()));
    }
    const Properties properties(list);
    return failure_of(
        mosquitto_connect_bind_v5(client_.get(), options_.host.c_str(), options_.port,
                                  static_cast<int>(options_.keepalive.count()), nullptr, properties.get()),
        "connecting");
}

/// Until the broker has answered. libmosquitto's own loop, since TLS takes some rounds; messages come later.
MosquittoSubscriber::Failure MosquittoSubscriber::await(const std::optional<std::string>& answer,
                                                        const std::stop_token& stop) {
    const auto deadline = steady_clock::now() + options_.connect_timeout;
    while (!answer) {
        if (stop.stop_requested()) {
            return "stopped";
        }
        if (steady_clock::now() >= deadline) {
            return "the broker does not answer";
        }
        Failure failure = failure_of(mosquitto_loop(client_.get(), static_cast<int>(kLook.count()), 1), "connecting");
        if (failure && !answer) { // a refusal is an answer, and after it the connection ends
            return failure;
        }
    }
    return answer->empty() ? std::nullopt : Failure(*answer);
}

/// Each time: what is asked for may have changed since the broker was asked last.
MosquittoSubscriber::Failure MosquittoSubscriber::subscribe() {
    std::vector<char*> topics;
    for (const std::string& topic : options_.topics) {
        topics.push_back(const_cast<char*>(topic.c_str())); // NOLINT: only read
    }
    // Messages that the broker retains come once, not with each connection.
    const int how = options_.version == MqttOptions::Version::v5 ? static_cast<int>(MQTT_SUB_OPT_SEND_RETAIN_NEW) : 0;
    return failure_of(mosquitto_subscribe_multiple(client_.get(), nullptr, static_cast<int>(topics.size()),
                                                   topics.data(), options_.qos, how, nullptr),
                      "subscribing");
}

MosquittoSubscriber::Failure MosquittoSubscriber::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (Failure failure = step(stop)) {
            return failure;
        }
        if (auto answer = std::exchange(subscribed_, std::nullopt)) {
            if (!answer->empty()) {
                return answer;
            }
            note_connected();
        }
    }
    return std::nullopt;
}

/// With a session that is resumed messages come before the answer to the subscription.
void MosquittoSubscriber::note_connected() {
    if (!std::exchange(said_so_, true)) {
        set_status(true, {});
        if (on_connected_) {
            on_connected_();
        }
    }
}

MosquittoSubscriber::Failure MosquittoSubscriber::step(const std::stop_token& stop) {
    const bool writes = mosquitto_want_write(client_.get());
    std::array<pollfd, 2> watched{pollfd{.fd = mosquitto_socket(client_.get()),
                                         .events = static_cast<short>(POLLIN | (writes ? POLLOUT : 0)),
                                         .revents = 0},
                                  pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    ::poll(watched.data(), watched.size(), static_cast<int>(kCare.count()));
    if ((watched[0].revents & ~POLLOUT) != 0) {
        if (Failure failure = read_what_came()) {
            return failure;
        }
        if (!messages_.empty()) {
            note_connected();
        }
        if (Failure failure = hand_over(stop)) {
            return failure;
        }
    }
    if (mosquitto_want_write(client_.get())) { // only now the acknowledgements go
        if (Failure failure = failure_of(mosquitto_loop_write(client_.get(), 1), "writing")) {
            return failure;
        }
    }
    return failure_of(mosquitto_loop_misc(client_.get()), "the connection");
}

/// All that is there, packet by packet: TLS may hold some that no poll would tell of.
MosquittoSubscriber::Failure MosquittoSubscriber::read_what_came() {
    for (;;) {
        const std::size_t before = messages_.size();
        errno = 0;
        if (Failure failure = failure_of(mosquitto_loop_read(client_.get(), 1), "reading")) {
            return failure;
        }
        const bool drained = messages_.size() == before && errno == EAGAIN;
        if (drained || messages_.size() >= options_.receive_maximum || bytes_ >= kMaxBytes) {
            return lost_one_ ? Failure("out of memory") : std::nullopt;
        }
    }
}

MosquittoSubscriber::Failure MosquittoSubscriber::hand_over(const std::stop_token& stop) {
    if (messages_.empty()) {
        return std::nullopt;
    }
    const std::size_t count = messages_.size();
    {
        const std::scoped_lock lock(status_mutex_);
        status_.messages += count;
    }
    bytes_ = 0;
    bool safe = false;
    try {
        safe = handler_(std::exchange(messages_, {}), stop);
    } catch (const std::exception& problem) {
        return problem.what();
    } catch (...) {
        return "unknown exception";
    }
    if (!safe) {
        return "messages could not be delivered, the broker sends them again";
    }
    const std::scoped_lock lock(status_mutex_);
    status_.acknowledged += count;
    return std::nullopt;
}

/// Nothing that is queued is written any more.
void MosquittoSubscriber::drop_connection() noexcept {
    if (const int socket = mosquitto_socket(client_.get()); socket >= 0) {
        ::shutdown(socket, SHUT_RDWR);
    }
}

void MosquittoSubscriber::on_connect(mosquitto*, void* self, int code, int, const mosquitto_property*) {
    auto& subscriber = *static_cast<MosquittoSubscriber*>(self);
    const bool v5 = subscriber.options_.version == MqttOptions::Version::v5;
    const char* why = v5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code);
    subscriber.connected_ = code == 0 ? std::string() : std::string("the broker refuses: ") + why;
}

void MosquittoSubscriber::on_subscribe(mosquitto*, void* self, int, int count, const int* granted,
                                       const mosquitto_property*) {
    auto& subscriber = *static_cast<MosquittoSubscriber*>(self);
    constexpr int kRefused = 128;
    subscriber.subscribed_.emplace();
    for (int i = 0; i < count; ++i) {
        if (granted[i] >= kRefused) {
            const auto& topics = subscriber.options_.topics;
            subscriber.subscribed_ =
                "the broker refuses topic " + topics.at(std::min(topics.size() - 1, std::size_t(i)));
        }
    }
}

void MosquittoSubscriber::on_message(mosquitto*, void* self, const mosquitto_message* message,
                                     const mosquitto_property*) {
    auto& subscriber = *static_cast<MosquittoSubscriber*>(self);
    const int error = errno; // by which it is known whether there is more to read
    try {
        const auto size = static_cast<std::size_t>(message->payloadlen);
        subscriber.messages_.push_back(
            {.topic = message->topic, .payload = std::string(static_cast<const char*>(message->payload), size)});
        subscriber.bytes_ += size;
    } catch (const std::exception&) {
        subscriber.lost_one_ = true; // not acknowledged: the connection ends
    }
    errno = error;
}

} // namespace streaming
