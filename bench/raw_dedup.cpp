// dedup: look up a batch in Redis, send what is new, mark it when it is delivered, commit what is marked.

#include <array>
#include <cstring>

#include "bench/measurement.hpp"
#include "bench/observation.hpp"
#include "bench/raw_legs.hpp"
#include "bench/raw_producer.hpp"
#include "bench/raw_redis.hpp"

namespace bench::raw {
namespace {

/// The ids between look-up and mark: open addressing, never more than a quarter full.
class IdsInFlight {
public:
    IdsInFlight() : slots_(kSlots), used_(kSlots, 0) {}

    /// False when it was there already.
    bool insert(const PackedId& id) {
        std::size_t slot = home(id);
        for (; used_[slot] != 0; slot = (slot + 1) % kSlots) {
            if (slots_[slot] == id) {
                return false;
            }
        }
        slots_[slot] = id;
        used_[slot] = 1;
        return true;
    }

    void erase(const PackedId& id) {
        std::size_t hole = home(id);
        while (slots_[hole] != id) {
            hole = (hole + 1) % kSlots;
        }
        for (std::size_t next = (hole + 1) % kSlots; used_[next] != 0; next = (next + 1) % kSlots) {
            if ((next - home(slots_[next])) % kSlots >= (next - hole) % kSlots) {
                slots_[hole] = slots_[next];
                hole = next;
            }
        }
        used_[hole] = 0;
    }

private:
    static constexpr std::size_t kSlots = 65'536;
    static_assert(kSlots >= 4 * kBatchRecords * kBatchesInFlight);

    static std::size_t home(const PackedId& id) {
        std::size_t bits = 0;
        std::memcpy(&bits, id.data() + 8, sizeof bits);
        return (bits >> 16U) % kSlots; // the ids are random; the first of these bits are the variant
    }

    std::vector<PackedId> slots_;
    std::vector<std::uint8_t> used_;
};

struct DedupBatch : Batch {
    std::vector<rd_kafka_message_t*> taken{};
    std::vector<std::size_t> asked{}; // which of `taken` Redis was asked about
    std::vector<PackedId> ids{};      // of those; then of those that were sent
};

/// Each batch goes through: asked, sent, delivered, completed (marked). All in order; one thread.
class Deduplicator {
public:
    explicit Deduplicator(const LegOptions& options)
        : consumer_(options),
          producer_(make_producer(options.brokers, &Batch::count_delivery)),
          out_(make_topic(producer_.get(), options.out)),
          sets_(options.redis, options.group),
          options_(options) {}

    void run() {
        while (taken_records_ < options_.records || completed_ < asked_) {
            (void)rd_kafka_poll(producer_.get(), 0);
            collect_delivered();
            consumer_.commit_each_interval(done_);
            if (!take()) {
                if (sets_.outstanding() > 0) {
                    answer_oldest();
                } else if (marks_until_ < delivered_) {
                    ask({}, false);
                    answer_oldest();
                } else if (sent_ > delivered_) {
                    (void)rd_kafka_poll(producer_.get(), 5);
                }
            }
        }
        consumer_.commit_now(done_);
        measurement_.end();
        measurement_.print(options_.leg, options_.records);
    }

private:
    static constexpr std::size_t kMaxOutstanding = 2;

    [[nodiscard]] DedupBatch& batch(std::size_t number) { return batches_[number % kBatchesInFlight]; }

    /// One more batch, if there is room and something came.
    bool take() {
        if (taken_records_ == options_.records || asked_ - completed_ == kBatchesInFlight) {
            return false;
        }
        DedupBatch& next = batch(asked_);
        const bool waits_for_others = sets_.outstanding() > 0 || marks_until_ < delivered_;
        consumer_.take(waits_for_others ? 0ms : (sent_ > delivered_ ? 5ms : 100ms), next.taken);
        if (next.taken.empty()) {
            return false;
        }
        if (taken_records_ == 0) {
            measurement_.begin();
        }
        taken_records_ += next.taken.size();
        look_up(next);
        if (sets_.outstanding() >= kMaxOutstanding) {
            answer_oldest();
        }
        return true;
    }

    void look_up(DedupBatch& next) {
        next.clear();
        next.asked.clear();
        next.ids.clear();
        PackedId id{};
        for (std::size_t index = 0; index < next.taken.size(); ++index) {
            const rd_kafka_message_t& message = *next.taken[index];
            if (!pack(parser_.id(payload_of(message)), id)) {
                fail("a record without a UUID");
            }
            next.positions.advance(message.partition, message.offset + 1);
            // One that is in flight needs no question: this batch completes after the one that holds its twin.
            if (in_flight_.insert(id)) {
                next.asked.push_back(index);
                next.ids.push_back(id);
            }
        }
        ++asked_;
        ask(next.ids, true);
    }

    /// Takes the marks of what was delivered along.
    void ask(const std::vector<PackedId>& ids, bool of_a_batch) {
        marks_.clear();
        for (; marks_until_ < delivered_; ++marks_until_) {
            const auto& sent = batch(marks_until_).ids;
            marks_.insert(marks_.end(), sent.begin(), sent.end());
        }
        sets_.send(marks_, ids);
        requests_.push_back({.marks_until = marks_until_, .of_a_batch = of_a_batch});
    }

    void answer_oldest() {
        const auto& known = sets_.receive();
        const Request request = requests_.front();
        requests_.erase(requests_.begin());
        for (; completed_ < request.marks_until; ++completed_) {
            for (const PackedId& id : batch(completed_).ids) {
                in_flight_.erase(id);
            }
            done_.merge(batch(completed_).positions);
        }
        if (request.of_a_batch) {
            send_batch(known);
        }
    }

    void send_batch(const std::vector<std::uint8_t>& known) {
        DedupBatch& next = batch(sent_++);
        std::size_t kept = 0;
        for (std::size_t index = 0; index < next.asked.size(); ++index) {
            const rd_kafka_message_t& message = *next.taken[next.asked[index]];
            if (known[index] != 0) {
                in_flight_.erase(next.ids[index]);
                continue;
            }
            if (!parser_.convert(payload_of(message), next.bytes)) {
                fail("a record that is no observation");
            }
            next.close_output(message);
            next.ids[kept++] = next.ids[index];
        }
        next.ids.resize(kept);
        if (kept > 0) {
            next.send(out_.get());
        }
        release(next.taken);
    }

    void collect_delivered() {
        while (delivered_ < sent_ && batch(delivered_).open == 0) {
            ++delivered_;
        }
    }

    struct Request {
        std::size_t marks_until = 0; // batches whose marks it and those before it hold
        bool of_a_batch = false;
    };

    Consumer consumer_;
    Handle producer_;
    Topic out_;
    IdSets sets_;
    const LegOptions& options_;
    ObservationParser parser_{};
    IdsInFlight in_flight_{};
    std::array<DedupBatch, kBatchesInFlight> batches_{};
    std::size_t taken_records_ = 0;
    std::size_t asked_ = 0; // numbers of batches
    std::size_t sent_ = 0;
    std::size_t delivered_ = 0;
    std::size_t marks_until_ = 0;
    std::size_t completed_ = 0;
    std::vector<Request> requests_{};
    std::vector<PackedId> marks_{};
    Positions done_{};
    Measurement measurement_{};
};

} // namespace

void run_dedup(const LegOptions& options) { Deduplicator(options).run(); }

} // namespace bench::raw
