#include "core/streaming/orchestration/lane_set.hpp"

namespace streaming::detail {

void LaneSet::start(const Lane::Dependencies& dependencies, std::size_t workers) {
    ordering_ = dependencies.ordering;
    keys_ = KeyLanes(workers);
    open_works_.assign(workers, nullptr);
    for (std::size_t i = 0; i < workers; ++i) {
        lanes_.push_back(std::make_unique<Lane>(dependencies));
        lanes_.back()->start();
    }
}

void LaneSet::end() noexcept {
    request_stop();
    lanes_.clear();
}

void LaneSet::choose_lane(RecordTask& task) {
    task.in_lane = true;
    if (lanes_.size() == 1) {
        task.lane = 0;
    } else if (ordering_ == Ordering::none) {
        task.lane = next_lane_++ % lanes_.size();
    } else {
        task.order_key = order_key_of(task, ordering_);
        task.lane = keys_.enter(*task.order_key);
    }
}

void LaneSet::left(const RecordTask& task) noexcept {
    if (task.in_lane && lanes_.size() > 1 && ordering_ != Ordering::none) {
        keys_.leave(*task.order_key, task.lane);
    }
}

void LaneSet::add(RecordTask& task) {
    choose_lane(task);
    FlightBatch& batch = *task.batch;
    if (LaneWork* open = open_works_[task.lane]; open != nullptr && open->batch == &batch) {
        open->tasks.push_back(&task);
        return;
    }
    if (batch.works_used == batch.works.size()) {
        batch.works.push_back(std::make_unique<LaneWork>());
    }
    LaneWork& work = *batch.works[batch.works_used++];
    work.batch = &batch;
    work.lane = task.lane;
    work.given = false;
    work.tasks.push_back(&task);
    open_works_[task.lane] = &work;
}

void LaneSet::hand_over(FlightBatch& batch) {
    for (std::size_t i = 0; i < batch.works_used; ++i) {
        LaneWork& work = *batch.works[i];
        if (!work.given) {
            work.given = true;
            open_works_[work.lane] = nullptr;
            ++batch.works_out;
            lanes_[work.lane]->give(work);
        }
    }
}

void LaneSet::sweep() {
    for (auto& lane : lanes_) {
        lane->sweep();
    }
}

void LaneSet::begin_stop() {
    for (auto& lane : lanes_) {
        lane->begin_stop();
    }
}

void LaneSet::request_stop() noexcept {
    for (auto& lane : lanes_) {
        lane->request_stop();
    }
}

} // namespace streaming::detail
