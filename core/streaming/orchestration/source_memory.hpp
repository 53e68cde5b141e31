#pragma once

#include <spdlog/fwd.h>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/reliability/deduplication_manager.hpp"

namespace streaming::detail {

/// Which rows of a source were settled for good: what it shows again is skipped. In the store, if there is one, and in
/// the process. With deduplication off nothing is known. Used by one thread at a time.
class SourceMemory {
public:
    struct Dependencies {
        KeyValueStore* store = nullptr; ///< of this source alone; null = only the process remembers
        Clock& clock;
        spdlog::logger& log;
        std::string scope{}; ///< {service}.{source}
    };
    struct Options {
        DeduplicationOptions deduplication{};
        bool shadow = false; ///< what a source in shadow did is remembered apart: nothing of it is on a topic
    };
    SourceMemory(Dependencies dependencies, const Options& options);

    /// What is remembered is so still, as far as it was under the options of before.
    void configure(const Options& options);
    /// Which of them are known, in the order of the rows. With an error some that are known may not be so here.
    [[nodiscard]] Status check(std::span<const SourceRow> rows, std::vector<std::uint8_t>& known);
    /// With an error the store has not all of them, or of earlier ones; the process has, and tries again.
    [[nodiscard]] Status remember(std::span<const std::string_view> ids);
    [[nodiscard]] std::uint64_t store_errors() const noexcept;

private:
    /// What it was before its options changed.
    struct Earlier {
        std::unique_ptr<DeduplicationManager> ids{};
        Clock::steady_time over{}; ///< then all it knows is forgotten by rights
    };
    [[nodiscard]] std::unique_ptr<DeduplicationManager> make() const;

    Dependencies dependencies_;
    Options options_;
    std::unique_ptr<DeduplicationManager> ids_;
    std::vector<Earlier> earlier_{}; ///< oldest first
    std::uint64_t earlier_errors_ = 0;
};

} // namespace streaming::detail
