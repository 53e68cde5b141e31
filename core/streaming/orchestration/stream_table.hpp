#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/orchestration/source_flow.hpp"

namespace streaming::detail {

/// Which sources of a service run, and which should and cannot. Thread-safe; calls nobody while it is locked, nor ends
/// a source then: both is somebody else's code.
class StreamTable {
public:
    struct Stream {
        std::string id{};
        std::shared_ptr<SourceFlow> source{};
        std::string topic{}; ///< where its records usually go
    };

    /// A name for a stream that is about to be made. Errors: it runs already, everything was stopped. Returns how many
    /// were reserved before.
    [[nodiscard]] Result<std::size_t> reserve(const std::string& source, const std::string& id);
    /// In the place that was reserved. True = it is the caller's to begin; else `start` hands it out.
    [[nodiscard]] bool put(Stream stream);
    /// The stream of an id goes, and its name is free.
    void take_out(const std::string& id);

    /// Returns those that are to begin: each is handed out once, here or by `put`.
    [[nodiscard]] std::vector<Stream> start();
    /// False when it did not run.
    [[nodiscard]] bool stop();
    [[nodiscard]] bool runs() const;
    [[nodiscard]] bool is_stopped() const;

    [[nodiscard]] std::vector<Stream> all() const;
    [[nodiscard]] std::shared_ptr<SourceFlow> find(const std::string& id) const;
    /// Null when no such source runs.
    [[nodiscard]] std::shared_ptr<SourceFlow> set_topic(const std::string& source, const std::string& topic);

    void report_failed(const std::string& source, std::string why);
    void forget_failed(const std::string& source);
    [[nodiscard]] std::map<std::string, std::string> failed() const;

private:
    enum class Phase { made, running, stopped };
    struct Row {
        std::string name{};
        Stream stream{}; ///< without a source while its place is reserved
        bool begun = false;
    };

    mutable std::mutex streams_mutex_{};
    std::vector<Row> rows_{};
    std::map<std::string, std::string> failed_{}; ///< and why
    std::size_t reserved_ = 0;
    Phase phase_ = Phase::made;
};

} // namespace streaming::detail
