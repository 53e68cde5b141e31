#include "services/demo/signals.hpp"

#include <csignal>
#include <ctime>

namespace services::demo {
namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

} // namespace

StopSignals::StopSignals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool StopSignals::wait_for(std::chrono::milliseconds time) {
    const sigset_t signals = stop_signals();
    const timespec left{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
    return sigtimedwait(&signals, nullptr, &left) > 0;
}

} // namespace services::demo
