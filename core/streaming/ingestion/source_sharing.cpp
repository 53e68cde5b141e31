#include "core/streaming/ingestion/source_sharing.hpp"

#include <xxhash.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/streaming/ingestion/source_leases.hpp"

namespace streaming {
namespace {

/// Every one of `instances` processes takes its share by itself; nobody notices when one is gone.
class SplitSources final : public SourceSharing {
public:
    SplitSources(std::size_t instance, std::size_t instances) : instance_(instance), instances_(instances) {}

    [[nodiscard]] std::optional<std::uint64_t> tenure(const std::string& source) const override {
        const bool mine = XXH3_64bits(source.data(), source.size()) % instances_ == instance_ - 1;
        return mine ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    [[nodiscard]] SharingStatus status() const override {
        const std::lock_guard lock(sources_mutex_);
        SharingStatus status;
        std::ranges::copy_if(sources_, std::back_inserter(status.owned),
                             [this](const std::string& source) { return may_poll(source); });
        return status;
    }
    [[nodiscard]] bool in_trouble() const override { return false; }
    void set_sources(std::vector<std::string> names) override {
        std::ranges::sort(names);
        const std::lock_guard lock(sources_mutex_);
        sources_ = std::move(names);
    }
    std::optional<Clock::steady_time> maintain() override { return std::nullopt; }
    void leave() noexcept override {}

private:
    std::size_t instance_;
    std::size_t instances_;
    mutable std::mutex sources_mutex_{};
    std::vector<std::string> sources_{};
};

} // namespace

std::unique_ptr<SourceSharing> make_source_sharing(const SharingOptions& options,
                                                   SourceSharing::Dependencies dependencies) {
    switch (options.mode) {
        case SharingMode::none:
            break;
        case SharingMode::split:
            return std::make_unique<SplitSources>(options.instance, options.instances);
        case SharingMode::leases:
            return std::make_unique<SourceLeases>(options, std::move(dependencies));
    }
    return std::make_unique<SplitSources>(1, 1);
}

} // namespace streaming
