#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/http_server.hpp"

namespace streaming {

/// Who may push to a webhook: who knows the token (RFC 6750: `Authorization: Bearer <token>`), or who signs the body
/// with the shared secret (`<header>: sha256=<hex of HMAC-SHA256>`, as GitHub and others do; `sha256=` may be left
/// out). With both, both. Secrets are compared in constant time and shown nowhere. Thread-safe.
class WebhookAuthentication {
public:
    struct Options {
        std::string token{};                                 ///< empty = none is asked for
        std::string signature_secret{};                      ///< empty = none is asked for
        std::string signature_header{"x-hub-signature-256"}; ///< in lower case
    };
    explicit WebhookAuthentication(Options options);

    /// What can be known before the body is there: 401 without the credentials or with a wrong token.
    [[nodiscard]] std::optional<ServedResponse> refuse_head(const ServedRequest& request) const;
    /// 403 when the signature is not that of the body.
    [[nodiscard]] std::optional<ServedResponse> refuse_body(const ServedRequest& request) const;

private:
    Options options_;
};

} // namespace streaming
