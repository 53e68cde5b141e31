#include "services/trading/rejecting.hpp"

namespace services::trading {

void reject(streaming::Context& context, const std::string& name_space, const std::string& service,
            const OriginalSignal& signal, Rejection rejection) {
    context.ignore(rejection.reason);
    context.send(streaming::TopicNames::signals_rejected(name_space), std::to_string(signal.instrument_token),
                 RejectedSignal{.original_signal = signal, .rejection = std::move(rejection), .rejected_by = service});
}

} // namespace services::trading
