#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// Of unsorted values; 0 when there are none.
[[nodiscard]] double median(std::vector<double> values);
/// The smallest value that `percent` of the values do not exceed.
[[nodiscard]] double percentile(std::vector<double> values, double percent);

/// One measured quantity of a leg, a value for each run.
struct Line {
    enum class Compare {
        none,      ///< ours stands for itself
        ratio,     ///< ours / twin
        difference ///< ours - twin
    };
    enum class Limit { at_least, at_most };
    struct Budget {
        Limit limit = Limit::at_most;
        double value = 0.0; ///< of the ratio, the difference or, with nothing to compare, of ours
    };

    std::string leg{};
    std::string quantity{};
    int digits = 0; ///< behind the point
    std::vector<double> twin{};
    std::vector<double> ours{};
    Compare compare = Compare::ratio;
    std::optional<Budget> budget{};
};

enum class Format { text, markdown };

/// Prints lines as a table, each as soon as it is known.
class Report {
public:
    explicit Report(Format format) : format_(format) {}
    void head() const;
    void add(const Line& line) const;
    /// A line of text between or behind the tables.
    void note(const std::string& text) const;

    /// leg, quantity, twin, ours, compared, budget, whether it is met: what `add` prints.
    [[nodiscard]] static std::vector<std::string> cells(const Line& line);

private:
    void print(const std::vector<std::string>& cells) const;
    Format format_;
};

} // namespace bench
