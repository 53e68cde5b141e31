#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/connector.hpp"

namespace streaming::detail {

/// The secrets that are read while a source is made, by the thread that makes it, whichever maker reads them: keys,
/// passwords, credentials in headers, and what a URL holds that may be a key. One at a time in a thread.
class SecretsRead {
public:
    SecretsRead();
    ~SecretsRead();
    SecretsRead(const SecretsRead&) = delete;
    SecretsRead& operator=(const SecretsRead&) = delete;

    /// `name` is that of the parameter, or header. Nothing happens when nobody collects. Values of less than eight
    /// letters are not noted: hardly secrets, but likely to be found where they mean something else.
    static void note(std::string_view name, std::string_view value);

    [[nodiscard]] std::vector<std::string> take() noexcept { return std::move(secrets_); }

private:
    void add(std::string_view value);
    void add_url(std::string_view url);

    std::vector<std::string> secrets_{};
};

/// Puts an asterisk over each letter of the secrets; lengths stay.
void mask(std::string& text, const std::vector<std::string>& secrets);

/// A connector whose answers and errors hold none of the secrets: an API that is asked with a key may quote it, and
/// answers that cannot be understood are kept as they came.
[[nodiscard]] std::unique_ptr<Connector> without_secrets(std::unique_ptr<Connector> connector,
                                                         std::vector<std::string> secrets);

} // namespace streaming::detail
