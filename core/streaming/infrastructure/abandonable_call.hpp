#pragma once

#include <functional>

namespace streaming::detail {

/// For a call into a library that waits without a limit and may never return. Runs it on a thread of its own, which is
/// left behind for good, with its stack and what `call` holds, when `hopeless` says so first. `call` therefore owns
/// what it uses, or uses what lives until it returns. `hopeless` is asked by the caller's thread about a hundred times
/// a second. False = left behind. Without memory for a thread it is called here.
[[nodiscard]] bool call_unless_hopeless(const std::function<void()>& call, const std::function<bool()>& hopeless);

} // namespace streaming::detail
