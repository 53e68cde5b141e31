#include "services/contested.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace services {
namespace {

using Order = std::vector<std::pair<std::size_t, std::size_t>>; // hash of the key, row: quicker to sort than keys

/// Rows whose keys have one hash.
void choose(Order::iterator begin, Order::iterator end, const std::vector<Told>& rows,
            std::vector<std::size_t>& counting) {
    std::sort(begin, end, [&rows](const auto& one, const auto& other) {
        const Told& a = rows[one.second];
        const Told& b = rows[other.second];
        return std::tie(a.natural_key, b.content, one.second) < std::tie(b.natural_key, a.content, other.second);
    });
    std::size_t best = begin->second;
    for (auto at = begin; at != end; ++at) {
        const Told& told = rows[at->second];
        if (told.natural_key != rows[best].natural_key) {
            best = at->second;
        }
        counting[at->second] = told.content == rows[best].content ? at->second : best;
    }
}

} // namespace

std::vector<std::size_t> counting_rows(const std::vector<Told>& rows) {
    std::vector<std::size_t> counting(rows.size());
    Order order;
    order.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        counting[row] = row;
        order.emplace_back(std::hash<std::string>{}(rows[row].natural_key), row);
    }
    std::ranges::sort(order);
    for (auto begin = order.begin(); begin != order.end();) {
        const auto end = std::find_if(begin, order.end(), [&](const auto& at) { return at.first != begin->first; });
        if (end - begin > 1) {
            choose(begin, end, rows, counting);
        }
        begin = end;
    }
    return counting;
}

} // namespace services
