#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/push_buffer.hpp"

namespace streaming {

/// A source that speaks by itself (a webhook, a subscription, a device): its answers are pushed into a PushBuffer, the
/// runtime polls them out, oldest first, one a poll. The pushing side keeps the buffer:
///
///     auto connector = std::make_unique<PushConnector>(clock, PushBuffer::Options{});
///     std::shared_ptr<PushBuffer> buffer = connector->buffer();
///     // connector goes to start_stream or add_source, or is what a SourceTypes::Maker returns
///     buffer->push({.body = payload}, 0ms, {}, [=](bool delivered) { if (delivered) acknowledge(payload); });
///
/// The buffer is told of each push by the runtime's `on_news`, and when `fetch` left some behind; in
/// continuous_streaming it then polls at once, in other modes at their interval. An answer of the status kNothing is no
/// answer: the handler is not called for it.
///
/// When the source is removed, its connector is replaced, or the process stops, the buffer is closed: what was not
/// polled out is not delivered, and each later push returns `stopped`.
///
/// A connector of your own that has more to it (a connection to open and to end) derives from Connector, holds one of
/// these, and ends its connection in `end` and in its destructor.
class PushConnector final : public Connector {
public:
    using Options = PushBuffer::Options;
    PushConnector(Clock& clock, Options options) : PushConnector(std::make_shared<PushBuffer>(clock, options)) {}
    explicit PushConnector(std::shared_ptr<PushBuffer> buffer) : buffer_(std::move(buffer)) {}
    ~PushConnector() override { end(); }
    PushConnector(const PushConnector&) = delete;
    PushConnector& operator=(const PushConnector&) = delete;

    [[nodiscard]] const std::shared_ptr<PushBuffer>& buffer() const noexcept { return buffer_; }

    /// Never waits.
    Result<Response> fetch(const Request& request) override;
    /// Called by pushing threads and by `fetch`, short. An empty one ends it: when this returns, no call of the last
    /// one is running. Not to be called from the listener, nor with a lock held that the listener takes.
    void on_news(std::function<void()> listener) override { buffer_->on_news(std::move(listener)); }
    void end() noexcept override { buffer_->end(); }

private:
    std::shared_ptr<PushBuffer> buffer_;
};

} // namespace streaming
