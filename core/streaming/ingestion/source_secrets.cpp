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

/// Whether a header of this name may carry credentials; `Accept` and the like are found in answers rightly.
bool is_for_credentials(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kHarmless[] = {"accept",        "user-agent", "content-type", "if-",
                                              "cache-control", "from",       "referer"};
    return std::ranges::none_of(kHarmless, [&](std::string_view start) { return lower.starts_with(start); });
}

class MaskingConnector final : public Connector {
public:
    MaskingConnector(std::unique_ptr<Connector> connector, std::vector<std::string> secrets)
        : connector_(std::move(connector)), secrets_(std::move(secrets)) {}

    Result<Response> fetch(const Request& request) override {
        auto answer = connector_->fetch(request);
        if (answer) {
            mask(answer.value().body, secrets_);
            return answer;
        }
        Error error = answer.error();
        mask(error.message, secrets_);
        return error;
    }
    void on_news(std::function<void()> news) override { connector_->on_news(std::move(news)); }
    void end() noexcept override { connector_->end(); }

private:
    std::unique_ptr<Connector> connector_;
    std::vector<std::string> secrets_;
};

} // namespace

SecretsRead::SecretsRead() { current = this; }
SecretsRead::~SecretsRead() { current = nullptr; }

void SecretsRead::note(std::string_view name, std::string_view value) {
    if (current == nullptr || !is_for_credentials(name)) {
        return;
    }
    if (name == "url") {
        current->add_url(value);
        return;
    }
    current->add(value);
    if (const std::size_t blank = value.find_last_of(" \t"); blank != std::string_view::npos) {
        current->add(value.substr(blank + 1)); // Bearer ...
    }
}

void SecretsRead::add(std::string_view value) {
    if (value.size() >= kShortest && std::ranges::find(secrets_, value) == secrets_.end()) {
        secrets_.emplace_back(value);
    }
}

/// https://name:password@host/path/KEY?appid=KEY
void SecretsRead::add_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    url = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    if (const std::size_t login = url.substr(0, url.find_first_of("/?#")).rfind('@'); login != std::string_view::npos) {
        add(url.substr(url.find(':') + 1, login - url.find(':') - 1));
        url.remove_prefix(login + 1);
    }
    std::string_view path = take_piece(url, "?#");
    (void)take_piece(path, "/"); // the host
    while (!path.empty()) {
        const std::string_view piece = take_piece(path, "/");
        if (piece.size() >= kShortestInPath && has_digit(piece)) {
            add(piece);
        }
    }
    while (!url.empty()) {
        std::string_view value = take_piece(url, "&#");
        (void)take_piece(value, "=");
        if (has_digit(value)) { // not words such as `observations`
            add(value);
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

std::unique_ptr<Connector> without_secrets(std::unique_ptr<Connector> connector, std::vector<std::string> secrets) {
    return secrets.empty() ? std::move(connector)
                           : std::make_unique<MaskingConnector>(std::move(connector), std::move(secrets));
}

} // namespace streaming::detail
