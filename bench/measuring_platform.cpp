#include "bench/measuring_platform.hpp"

#include <utility>

namespace bench {

class MeasuringPlatform::Consumer final : public streaming::MessageConsumer {
public:
    Consumer(std::unique_ptr<streaming::MessageConsumer> real, Measurement& measurement)
        : real_(std::move(real)), measurement_(measurement) {}

    streaming::Status start(streaming::AssignmentListener& listener) override { return real_->start(listener); }
    streaming::Status consume(std::chrono::milliseconds wait, std::size_t max_records,
                              streaming::RecordBatch& into) override {
        streaming::Status status = real_->consume(wait, max_records, into);
        if (!begun_ && !into.empty()) {
            begun_ = true;
            measurement_.begin();
        }
        return status;
    }
    streaming::Status keep_membership() override { return real_->keep_membership(); }
    streaming::Status commit(std::span<const streaming::TopicOffset> offsets, streaming::CommitMode mode) override {
        streaming::Status status = real_->commit(offsets, mode);
        if (mode == streaming::CommitMode::wait) {
            measurement_.end();
        }
        return status;
    }
    std::optional<std::int64_t> lag(const streaming::TopicOffset& position) const override {
        return real_->lag(position);
    }
    void wake() noexcept override { real_->wake(); }
    void stop() noexcept override { real_->stop(); }

private:
    std::unique_ptr<streaming::MessageConsumer> real_;
    Measurement& measurement_;
    bool begun_ = false;
};

std::unique_ptr<streaming::MessageConsumer> MeasuringPlatform::consumer(const streaming::KafkaOptions& kafka,
                                                                        const streaming::ConsumerOptions& options) {
    return std::make_unique<Consumer>(real_.consumer(kafka, options), measurement_);
}

} // namespace bench
