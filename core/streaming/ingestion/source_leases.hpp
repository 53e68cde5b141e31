#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/source_sharing.hpp"

namespace streaming {

/// Shares sources between the processes that are alive, through a store. Each process announces itself in the register
/// `leases:{service}`; a source belongs to the member with the highest hash of member and source (rendezvous
/// hashing: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998), so that a process that
/// comes or goes moves its own share only. A source is polled by who holds its lease, the key
/// `lease:{service}:{source}` with the process as its value. A round, each third of a lease: announce, take and renew
/// what belongs here, hand over what does not. Hence at a lease of 6 s the sources of a dead process are polled by
/// others after 4 to 9 s, and a process that joins has its share after 3 s.
///
/// Never two at a time, as far as the parts keep these rules:
/// - A lease counts from before its request left, and a tenth less than the store keeps it: a process that hangs, or
///   cannot reach the store, stops using it before the store gives it to somebody else. The store away for longer than
///   a lease = nothing is polled.
/// - Handing over takes two rounds: `may_poll` says no first, and the lease goes when no poll is under way. A poll that
///   outlasts the lease itself is nobody's to end here; ask `may_poll` again before its records are sent.
/// - A store that holds nothing (the register is younger than a lease: the first start ever, or it lost its data) gives
///   leases only to those who hold them still, until that time is over.
/// Not covered: a store that forgets the last seconds only, such as a replica taking over, or whose clock is set
/// forward.
class SourceLeases final : public SourceSharing {
public:
    SourceLeases(const SharingOptions& options, Dependencies dependencies);

    [[nodiscard]] std::optional<std::uint64_t> tenure(const std::string& source) const override;
    [[nodiscard]] SharingStatus status() const override;
    [[nodiscard]] bool in_trouble() const override;
    void set_sources(std::vector<std::string> names) override;
    std::optional<Clock::steady_time> maintain() override;
    void leave() noexcept override;

private:
    struct Lease {
        Clock::steady_time until{}; ///< by our clock, with the margin taken off
        bool leaving = false;       ///< no longer used, to be given back
        std::uint64_t tenure = 0;
    };
    /// What a round asks of the store, one command for each name.
    struct Round {
        std::vector<std::string> names{};
        std::vector<StoreCommand::Kind> kinds{};
        bool again_soon = false; ///< something waits for somebody else, or for a poll to end
        bool last = false;       ///< everything is given back, to whom ever

        void add(const std::string& name, StoreCommand::Kind kind) {
            names.push_back(name);
            kinds.push_back(kind);
        }
    };
    [[nodiscard]] Result<Register> announce();
    [[nodiscard]] Round plan(const Register& members);
    void plan_held(Round& round, const std::string& name, Lease& lease, bool ours);
    [[nodiscard]] Status carry_out(Round& round);
    void apply(Round& round, const std::vector<StoreReply>& replies, Clock::steady_time asked_at);
    [[nodiscard]] std::string register_key() const { return "leases:" + dependencies_.service; }
    [[nodiscard]] std::string source_key(const std::string& name) const;
    void set_trouble(std::string trouble);

    Dependencies dependencies_;
    std::chrono::milliseconds lease_;
    mutable std::mutex leases_mutex_{};
    std::vector<std::string> sources_{};
    std::map<std::string, Lease, std::less<>> leases_{}; ///< asked for and not given back
    std::uint64_t tenures_ = 0;                          ///< handed out so far
    std::vector<std::string> members_{};
    std::string trouble_{};
};

/// Which member a source belongs to. `members` is not empty.
[[nodiscard]] const std::string& member_of(std::string_view source, const std::vector<std::string>& members);

} // namespace streaming
