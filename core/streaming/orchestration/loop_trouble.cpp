#include "core/streaming/orchestration/loop_trouble.hpp"

#include <spdlog/logger.h>
#include <exception>

namespace streaming::detail {

std::string text_of_current_exception() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown exception";
    }
}

std::string LoopTrouble::text() const {
    const std::scoped_lock lock(text_mutex_);
    return text_;
}

void LoopTrouble::threw() noexcept {
    try {
        std::string text = text_of_current_exception();
        bool is_news = false;
        {
            const std::scoped_lock lock(text_mutex_);
            is_news = text_ != text;
            text_ = text;
        }
        if (is_news) {
            log_.error("{}: {}; it is tried again", who_, text);
        }
    } catch (...) { // NOLINT(bugprone-empty-catch): there is no memory even to say so; the next turn says it
    }
}

void LoopTrouble::went_well() noexcept {
    {
        const std::scoped_lock lock(text_mutex_);
        if (text_.empty()) {
            return;
        }
        text_.clear();
    }
    log_.info("{}: goes on", who_);
}

} // namespace streaming::detail
