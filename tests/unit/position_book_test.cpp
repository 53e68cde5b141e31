#include "services/trading/position_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace services::trading {
namespace {

using Outcome = PositionBook::Outcome;
using testing::Optional;

Fill fill(const std::string& signal, const std::string& side = "buy", std::int64_t quantity = 1,
          std::int64_t instrument = 7) {
    return {.order = {.signal_id = signal,
                      .strategy_id = "m",
                      .name_space = "paper",
                      .instrument_token = instrument,
                      .side = side,
                      .quantity = quantity,
                      .price = 1}};
}

Place at(std::int64_t offset, std::int32_t partition = 0) { return {.partition = partition, .offset = offset}; }

TEST(PositionBook, AddsWhatIsBoughtAndTakesWhatIsSold) {
    PositionBook book;
    EXPECT_EQ(book.apply(fill("a", "buy", 5), at(0)).record.position, 5);
    EXPECT_EQ(book.apply(fill("b", "sell", 8), at(1)).record.position, -3);
    EXPECT_EQ(book.position("paper", 7), -3);
}

TEST(PositionBook, KeepsInstrumentsAndNamespacesApart) {
    PositionBook book;
    Fill shadow = fill("a", "buy", 9);
    shadow.order.name_space = "shadow";
    (void)book.apply(fill("a", "buy", 5), at(0));
    EXPECT_EQ(book.apply(shadow, at(0)).outcome, Outcome::applied);
    EXPECT_EQ(book.apply(fill("a", "buy", 2, 8), at(1)).outcome, Outcome::applied);
    EXPECT_EQ(book.position("paper", 7), 5);
    EXPECT_EQ(book.position("shadow", 7), 9);
    EXPECT_EQ(book.position("paper", 8), 2);
    EXPECT_EQ(book.position("live", 7), 0);
}

TEST(PositionBook, SaysWhichFillMadeTheRecordAndHowManyThereWere) {
    PositionBook book;
    (void)book.apply(fill("a"), at(3));
    const auto record = book.apply(fill("b"), at(5)).record;
    EXPECT_EQ(record.fill.order.signal_id, "b");
    EXPECT_EQ(record.applied, at(5));
    EXPECT_EQ(record.fills, 2);
}

TEST(PositionBook, AFillThatComesAgainMakesTheSameRecordAgain) {
    PositionBook book;
    const auto first = book.apply(fill("a", "buy", 5), at(0));
    const auto again = book.apply(fill("a", "buy", 5), at(0));
    EXPECT_EQ(again.outcome, Outcome::applied_before);
    EXPECT_EQ(nlohmann::json(again.record), nlohmann::json(first.record));
}

// The first one's delivery failed when the second had been applied: were its record sent, or none, and the process
// killed before the second is delivered, the first would be committed and forgotten.
TEST(PositionBook, AnEarlierFillThatIsTriedAgainMakesTheNewestRecord) {
    PositionBook book;
    (void)book.apply(fill("a", "buy", 5), at(0));
    (void)book.apply(fill("b", "buy", 1), at(1));
    const auto again = book.apply(fill("a", "buy", 5), at(0));
    EXPECT_EQ(again.outcome, Outcome::applied_before);
    EXPECT_EQ(again.record.position, 6);
    EXPECT_EQ(again.record.applied, at(1));
    EXPECT_EQ(again.record.fill.order.signal_id, "a") << "or nobody else would learn that it was applied";
}

TEST(PositionBook, AnotherRecordOfTheSameFillCountsOnce) {
    PositionBook book;
    (void)book.apply(fill("a", "buy", 5), at(0));
    const auto repeated = book.apply(fill("a", "buy", 5), at(4));
    EXPECT_EQ(repeated.outcome, Outcome::repeated);
    EXPECT_EQ(repeated.record.position, 5);
    EXPECT_EQ(repeated.record.applied, at(0));
}

TEST(PositionBook, KnowsFromTheTopicWhatOthersApplied) {
    PositionBook former;
    PositionBook book;
    (void)book.learn(former.apply(fill("a", "buy", 5), at(0)).record);
    (void)book.learn(former.apply(fill("b", "buy", 1), at(1)).record);
    EXPECT_EQ(book.position("paper", 7), 6);
    EXPECT_EQ(book.apply(fill("b", "buy", 1), at(1)).outcome, Outcome::applied_before);
    EXPECT_EQ(book.apply(fill("a", "buy", 5), at(2)).outcome, Outcome::repeated);
    EXPECT_EQ(book.apply(fill("c", "buy", 1), at(3)).record.position, 7);
}

TEST(PositionBook, AFillBeforeTheLastOneThatNobodyRemembersIsNotCounted) {
    PositionBook former;
    PositionBook book;
    (void)book.learn(former.apply(fill("b", "buy", 5), at(10)).record);
    const auto strange = book.apply(fill("a", "buy", 1), at(3));
    EXPECT_EQ(strange.outcome, Outcome::out_of_date);
    EXPECT_EQ(strange.record.position, 5);
    EXPECT_EQ(book.apply(fill("a", "buy", 1), at(11)).outcome, Outcome::repeated);
}

TEST(PositionBook, ForgetsTheOldestSignalsWhenThereAreTooMany) {
    PositionBook book(2);
    for (std::int64_t i = 0; i < 3; ++i) {
        (void)book.apply(fill(std::to_string(i)), at(i));
    }
    EXPECT_EQ(book.apply(fill("1"), at(4)).outcome, Outcome::repeated);
    EXPECT_EQ(book.apply(fill("0"), at(5)).outcome, Outcome::applied);
}

TEST(PositionBook, ItsOwnRecordsComeBackFromTheTopicLater) {
    PositionBook book;
    const auto first = book.apply(fill("a"), at(0)).record;
    const auto second = book.apply(fill("b"), at(1)).record;
    EXPECT_EQ(book.learn(first), std::nullopt);
    EXPECT_EQ(book.position("paper", 7), 2);
    EXPECT_EQ(book.learn(second), std::nullopt);
}

TEST(PositionBook, SendsTheNewestAgainWhenAFormerOwnersRecordComesLate) {
    PositionBook former;
    PositionBook book;
    const auto late = former.apply(fill("a"), at(0)).record;
    (void)book.learn(book.apply(fill("a"), at(0)).record);
    (void)book.learn(book.apply(fill("b"), at(1)).record);
    const auto again = book.learn(late);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->position, 2);
    EXPECT_EQ(again->applied, at(1));
    EXPECT_TRUE(book.learn(late).has_value()) << "sending it failed: the record is handled again";
}

TEST(PositionBook, SendsNothingAgainWhileANewerRecordIsOnItsWay) {
    PositionBook former;
    PositionBook book;
    const auto late = former.apply(fill("a"), at(0)).record;
    (void)book.learn(book.apply(fill("a"), at(0)).record);
    (void)book.learn(book.apply(fill("b"), at(1)).record);
    (void)book.apply(fill("c"), at(2));
    EXPECT_EQ(book.learn(late), std::nullopt);
}

TEST(PositionBook, OnlyTheOneThatMadeTheNewestSendsItAgain) {
    PositionBook former;
    PositionBook owner;
    PositionBook watcher;
    const auto late = former.apply(fill("a"), at(0)).record;
    (void)owner.apply(fill("a"), at(0));
    const auto newest = owner.apply(fill("b"), at(1)).record;
    for (PositionBook* book : {&former, &watcher}) {
        (void)book->learn(newest);
        EXPECT_EQ(book->learn(late), std::nullopt);
        EXPECT_EQ(book->position("paper", 7), 2);
    }
}

TEST(PositionBook, AFillOnAnotherPartitionIsNewEvenAtALowerOffset) {
    PositionBook book;
    (void)book.apply(fill("a"), at(10, 0));
    EXPECT_EQ(book.apply(fill("b"), at(2, 1)).outcome, Outcome::applied);
    EXPECT_EQ(book.position("paper", 7), 2);
}

TEST(PositionBook, RefusesAPositionThatDoesNotFit) {
    PositionBook book;
    (void)book.apply(fill("a", "buy", std::numeric_limits<std::int64_t>::max()), at(0));
    EXPECT_THROW((void)book.apply(fill("b"), at(1)), streaming::PermanentError);
    EXPECT_EQ(book.apply(fill("c", "sell"), at(2)).record.fills, 2);
}

/// Two instances and the topics between them, with everything that may go wrong, by the throw of dice: deliveries that
/// fail and are tried again, kills, moves, repeated fills, records of a former owner that come late.
class World {
public:
    explicit World(unsigned seed) : dice_(seed) {}

    void run() {
        for (int step = 0; step < 2'000; ++step) {
            switch (throw_dice(12)) {
                case 0:
                case 1:
                case 2:
                    write_fill();
                    break;
                case 3:
                    move();
                    break;
                case 4:
                    kill();
                    break;
                case 5:
                    late_write();
                    break;
                case 6:
                    commit();
                    break;
                case 7:
                    redo_failed();
                    break;
                default:
                    apply_next();
                    break;
            }
        }
        move();
        while (next_ < fills_.size() || !undelivered_.empty()) {
            apply_next();
            redo_failed();
        }
        read_topic(owner());
    }

    /// What somebody reads who knows nothing of us: the newest record of the topic.
    [[nodiscard]] std::int64_t on_topic() const {
        const auto newest =
            std::ranges::max_element(topic_, {}, [](const PositionRecord& record) { return record.fills; });
        return newest == topic_.end() ? 0 : newest->position;
    }
    [[nodiscard]] std::int64_t last_on_topic() const { return topic_.empty() ? 0 : topic_.back().position; }
    [[nodiscard]] std::int64_t sum_of_fills() const {
        std::set<std::string> counted;
        std::int64_t sum = 0;
        for (const Fill& one : fills_) {
            if (counted.insert(one.order.signal_id).second) {
                sum += signed_quantity(one.order.side, one.order.quantity);
            }
        }
        return sum;
    }

private:
    struct Instance {
        PositionBook book{};
        std::size_t read = 0; ///< of the topic of positions
    };
    struct Undelivered {
        std::size_t fill = 0;
        PositionRecord record{};
    };

    std::size_t throw_dice(std::size_t sides) {
        return std::uniform_int_distribution<std::size_t>(0, sides - 1)(dice_);
    }
    Instance& owner() { return *instances_[owner_]; }

    void write_fill() {
        if (!fills_.empty() && throw_dice(4) == 0) { // a fill that was sent twice
            fills_.push_back(fills_[throw_dice(fills_.size())]);
        } else {
            fills_.push_back(fill(std::to_string(fills_.size()), throw_dice(2) == 0 ? "buy" : "sell",
                                  static_cast<std::int64_t>(1 + throw_dice(9))));
        }
    }
    void apply(std::size_t index) {
        const auto applied = owner().book.apply(fills_[index], at(static_cast<std::int64_t>(index)));
        if (throw_dice(4) == 0) {
            undelivered_.push_back({index, applied.record});
        } else {
            topic_.push_back(applied.record);
        }
    }
    void apply_next() {
        if (next_ < fills_.size()) {
            apply(next_++);
        }
    }
    void redo_failed() {
        if (!undelivered_.empty()) {
            const auto which = undelivered_.begin() + static_cast<std::ptrdiff_t>(throw_dice(undelivered_.size()));
            const std::size_t index = which->fill;
            undelivered_.erase(which);
            apply(index);
        }
    }
    void commit() {
        committed_ = next_;
        for (const Undelivered& open : undelivered_) {
            committed_ = std::min(committed_, open.fill);
        }
    }
    /// The other instance gets the partition: it reads the topic to its end, then what was not committed.
    void move() {
        commit();
        for (const Undelivered& open : undelivered_) { // may still arrive, much later
            late_.push_back(open.record);
        }
        undelivered_.clear();
        owner_ = 1 - owner_;
        read_topic(owner());
        next_ = committed_;
    }
    void kill() {
        undelivered_.clear(); // and nothing is committed
        instances_[owner_] = std::make_unique<Instance>();
        if (throw_dice(2) == 0) {
            owner_ = 1 - owner_;
        }
        read_topic(owner());
        next_ = committed_;
    }
    void late_write() {
        if (!late_.empty()) {
            topic_.push_back(late_.back());
            late_.pop_back();
        }
    }
    void read_topic(Instance& instance) {
        while (instance.read < topic_.size()) {
            if (const auto again = instance.book.learn(topic_[instance.read++])) {
                topic_.push_back(*again);
            }
        }
    }

    std::mt19937 dice_;
    std::vector<Fill> fills_{};
    std::vector<PositionRecord> topic_{};
    std::vector<PositionRecord> late_{};
    std::vector<Undelivered> undelivered_{};
    std::unique_ptr<Instance> instances_[2] = {std::make_unique<Instance>(), std::make_unique<Instance>()};
    std::size_t owner_ = 0;
    std::size_t next_ = 0;      ///< fill that the owner handles next
    std::size_t committed_ = 0; ///< fill that a new owner begins with
};

TEST(PositionBook, PositionsAreTheSumOfDistinctFillsWhateverHappens) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        World world(seed);
        world.run();
        ASSERT_EQ(world.on_topic(), world.sum_of_fills()) << "seed " << seed;
        ASSERT_EQ(world.last_on_topic(), world.sum_of_fills()) << "seed " << seed << ": an older record stands last";
    }
}

} // namespace
} // namespace services::trading
