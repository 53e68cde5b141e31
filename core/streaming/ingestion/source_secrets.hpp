#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/connector.hpp"

namespace streaming::detail {

struct Secrets {
    std::vector<std::string> certain{};  ///< keys, passwords, credentials
    std::vector<std::string> possible{}; ///< what a URL or header holds that may be one, or a date, a place, a name
};

/// The secrets that are read while a source is made, by the thread that makes it, whichever maker reads them. One at a
/// time in a thread.
class SecretsRead {
public:
    SecretsRead();
    ~SecretsRead();
    SecretsRead(const SecretsRead&) = delete;
    SecretsRead& operator=(const SecretsRead&) = delete;

    /// A parameter that is one. Nothing happens when nobody collects. Values of less than eight letters are not noted:
    /// hardly secrets, but likely to be found where they mean something else.
    static void note(std::string_view value);
    /// Its name tells whether it is one.
    static void note_header(std::string_view name, std::string_view value);
    static void note_url(std::string_view url);

    [[nodiscard]] Secrets take() noexcept { return std::move(secrets_); }

private:
    Secrets secrets_{};
};

/// Puts an asterisk over each letter of the secrets; lengths stay.
void mask(std::string& text, const std::vector<std::string>& secrets);

/// A connector whose answers hold none of the certain secrets, and whose errors hold none at all: an API that is asked
/// with a key may quote it, and answers that cannot be understood are kept as they came. In an answer a date that was
/// asked for is data.
[[nodiscard]] std::unique_ptr<Connector> without_secrets(std::unique_ptr<Connector> connector, Secrets secrets);

} // namespace streaming::detail
