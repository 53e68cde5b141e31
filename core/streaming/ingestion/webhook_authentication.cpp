#include "core/streaming/ingestion/webhook_authentication.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace streaming {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Of texts of any length: their hashes are compared, so that the time tells nothing of them.
bool same_secret(std::string_view one, std::string_view other) {
    Digest first{};
    Digest second{};
    SHA256(bytes_of(one), one.size(), first.data());
    SHA256(bytes_of(other), other.size(), second.data());
    return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

std::string hex_of(const Digest& digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::string signature_of(std::string_view body, std::string_view secret) {
    Digest digest{};
    unsigned int length = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(body), body.size(), digest.data(),
         &length);
    return hex_of(digest);
}

std::string header_of(const ServedRequest& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? "" : found->second;
}

/// The credentials of the scheme Bearer, whose case does not count.
std::string bearer_of(const ServedRequest& request) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string said = header_of(request, "authorization");
    const auto same = [](unsigned char letter, unsigned char expected) { return std::tolower(letter) == expected; };
    return std::ranges::equal(std::string_view(said).substr(0, kScheme.size()), kScheme, same)
               ? said.substr(kScheme.size())
               : "";
}

ServedResponse unauthorized(std::string scheme) {
    return {.status = 401, .body = "unauthorized\n", .headers = {{"WWW-Authenticate", std::move(scheme)}}};
}

} // namespace

WebhookAuthentication::WebhookAuthentication(Options options) : options_(std::move(options)) {}

std::optional<ServedResponse> WebhookAuthentication::refuse_head(const ServedRequest& request) const {
    if (!options_.token.empty() && !same_secret(bearer_of(request), options_.token)) {
        return unauthorized("Bearer");
    }
    if (!options_.signature_secret.empty() && header_of(request, options_.signature_header).empty()) {
        return unauthorized("Signature"); // no registered scheme, but a 401 names one
    }
    return std::nullopt;
}

std::optional<ServedResponse> WebhookAuthentication::refuse_body(const ServedRequest& request) const {
    if (options_.signature_secret.empty()) {
        return std::nullopt;
    }
    std::string said = header_of(request, options_.signature_header);
    if (constexpr std::string_view kPrefix = "sha256="; said.starts_with(kPrefix)) {
        said.erase(0, kPrefix.size());
    }
    std::ranges::transform(said, said.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return same_secret(said, signature_of(request.body, options_.signature_secret))
               ? std::nullopt
               : std::optional(ServedResponse{.status = 403, .body = "forbidden\n"});
}

} // namespace streaming
