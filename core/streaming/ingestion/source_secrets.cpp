#include "core/streaming/ingestion/source_secrets.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace streaming::detail {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kShortestInPath = 16; ///< words of a path are no secrets

thread_local SecretsRead* current = nullptr;

/// Takes the piece up to one of `ends` off the text.
std::string_view take_piece(std::string_view& text, std::string_view ends) {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

bool has_digit(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

/// Whether what has this name, in a URL or a header, is there to let somebody in.
bool names_a_secret(std::string_view name) {
    constexpr std::string_view kParts[] = {"key",   "token",  "secret",     "auth",    "pass",
                                           "appid", "cookie", "credential", "session", "signature"};
    const std::string lower = lower_case(name);
    return lower == "sig" ||
           std::ranges::any_of(kParts, [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

/// `Accept` and the like are found in error texts rightly.
bool is_harmless_header(std::string_view name) {
    constexpr std::string_view kHarmless[] = {"accept",        "user-agent", "content-type", "if-",
                                              "cache-control", "from",       "referer"};
    const std::string lower = lower_case(name);
    return std::ranges::any_of(kHarmless, [&](std::string_view start) { return lower.starts_with(start); });
}

void add(std::vector<std::string>& secrets, std::string_view value) {
    if (value.size() >= kShortest && std::ranges::find(secrets, value) == secrets.end()) {
        secrets.emplace_back(value);
    }
}

class MaskingConnector final : public Connector {
public:
    MaskingConnector(std::unique_ptr<Connector> connector, Secrets secrets)
        : connector_(std::move(connector)), secrets_(std::move(secrets)) {}

    Result<Response> fetch(const Request& request) override {
        auto answer = connector_->fetch(request);
        if (answer) {
            mask(answer.value().body, secrets_.certain);
            return answer;
        }
        Error error = answer.error();
        mask(error.message, secrets_.certain);
        mask(error.message, secrets_.possible);
        return error;
    }
    void on_news(std::function<void()> news) override { connector_->on_news(std::move(news)); }
    void end() noexcept override { connector_->end(); }

private:
    std::unique_ptr<Connector> connector_;
    Secrets secrets_;
};

} // namespace

SecretsRead::SecretsRead() { current = this; }
SecretsRead::~SecretsRead() { current = nullptr; }

void SecretsRead::note(std::string_view value) {
    if (current != nullptr) {
        add(current->secrets_.certain, value);
    }
}

void SecretsRead::note_header(std::string_view name, std::string_view value) {
    if (current == nullptr || is_harmless_header(name)) {
        return;
    }
    std::vector<std::string>& secrets = names_a_secret(name) ? current->secrets_.certain : current->secrets_.possible;
    add(secrets, value);
    if (const std::size_t blank = value.find_last_of(" \t"); blank != std::string_view::npos) {
        add(secrets, value.substr(blank + 1)); // Bearer ...
    }
}

/// https://name:password@host/path/KEY?appid=KEY
void SecretsRead::note_url(std::string_view url) {
    if (current == nullptr) {
        return;
    }
    Secrets& secrets = current->secrets_;
    const std::size_t scheme = url.find("://");
    url = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    if (const std::size_t login = url.substr(0, url.find_first_of("/?#")).rfind('@'); login != std::string_view::npos) {
        add(secrets.certain, url.substr(url.find(':') + 1, login - url.find(':') - 1));
        url.remove_prefix(login + 1);
    }
    std::string_view path = take_piece(url, "?#");
    (void)take_piece(path, "/"); // the host
    while (!path.empty()) {
        const std::string_view piece = take_piece(path, "/");
        if (piece.size() >= kShortestInPath && has_digit(piece)) {
            add(secrets.possible, piece);
        }
    }
    while (!url.empty()) {
        std::string_view value = take_piece(url, "&#");
        const std::string_view name = take_piece(value, "=");
        if (names_a_secret(name)) {
            add(secrets.certain, value);
        } else if (has_digit(value)) { // not words such as `observations`
            add(secrets.possible, value);
        }
    }
}

void mask(std::string& text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret.size())) {
            std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), secret.size(), '*');
        }
    }
}

std::unique_ptr<Connector> without_secrets(std::unique_ptr<Connector> connector, Secrets secrets) {
    return secrets.certain.empty() && secrets.possible.empty()
               ? std::move(connector)
               : std::make_unique<MaskingConnector>(std::move(connector), std::move(secrets));
}

} // namespace streaming::detail
