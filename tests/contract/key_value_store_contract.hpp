#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "core/streaming/infrastructure/key_value_store.hpp"

namespace streaming::contract {

/// One store, fake or real, as the suite sees it.
class StoreUnderTest {
public:
    virtual ~StoreUnderTest() = default;
    virtual std::unique_ptr<KeyValueStore> connect() = 0;
    /// Makes `age` go by for the store: by moving its clock, or by waiting on `gone` until the store says so.
    virtual void pass(std::chrono::seconds age, const std::function<bool()>& gone) = 0;
};

struct StoreFactory {
    std::string name{};
    std::function<std::unique_ptr<StoreUnderTest>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const StoreFactory& factory) { return out << factory.name; }
};

} // namespace streaming::contract
