#include "core/streaming/patterns/config_parser.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "core/streaming/reliability/utf8.hpp"

namespace streaming::detail {

namespace {

constexpr std::size_t kMostValues = 100'000;
constexpr std::size_t kMostLevels = 64;
constexpr std::string_view kTextTag = "tag:yaml.org,2002:str";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Ends the parsing where it is.
struct TooMuch {
    YAML::Mark mark;
};

bool is_closed(std::string_view text, std::size_t quote) {
    for (std::size_t i = quote + 1; i < text.size(); ++i) {
        if (text[quote] == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == text[quote]) {
            if (text[quote] == '\'' && i + 1 < text.size() && text[i + 1] == '\'') {
                ++i; // '' is a quote inside
                continue;
            }
            return true;
        }
    }
    return false;
}

std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
    std::uint32_t unit = 0;
    if (at + 6 > text.size() || text.substr(at, 2) != "\\u") {
        return std::nullopt;
    }
    const char* const end = text.data() + at + 6;
    const auto [stopped, failure] = std::from_chars(text.data() + at + 2, end, unit, 16);
    return failure == std::errc() && stopped == end ? std::optional(unit) : std::nullopt;
}

/// JSON writes what is beyond 16 bits as two \u escapes; YAML has \U for it.
std::string with_long_escapes(std::string text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || (text[first] != '{' && text[first] != '[')) {
        return text;
    }
    for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at + 2)) {
        const auto high = unit_at(text, at);
        const auto low = unit_at(text, at + 6);
        if (high && low && *high >= 0xD800 && *high < 0xDC00 && *low >= 0xDC00 && *low < 0xE000) {
            text.replace(at, 12, fmt::format("\\U{:08x}", 0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00)));
        }
    }
    return text;
}

/// The parser's sentences where they do not help.
std::string explained(const std::string& sentence, std::string_view line) {
    const std::string_view indentation = line.substr(0, line.find_first_not_of(" \t"));
    if (indentation.find('\t') != std::string_view::npos) {
        return "a tab cannot indent, use spaces";
    }
    constexpr auto kBetter = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"illegal map value", "a ':' that belongs to no key; check the indentation, or put the text into quotes"},
        {"end of map flow not found", "the map that { opens is not closed by }; a text with { or } needs quotes here"},
        {"end of sequence flow not found", "the list that [ opens is not closed by ]"},
        {"end of map not found", "no key of the map around it; check the indentation"},
        {"end of sequence not found", "no item of the list around it; check the indentation"},
    });
    for (const auto& [theirs, ours] : kBetter) {
        if (sentence == theirs) {
            return std::string(ours);
        }
    }
    return sentence;
}

std::string_view line_of(std::string_view text, std::size_t number) {
    for (; number > 0 && !text.empty(); --number) {
        const std::size_t end = text.find('\n');
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return text.substr(0, text.find('\n'));
}

} // namespace

/// Turns the parser's events into nodes.
class ConfigParser::Builder final : public YAML::EventHandler {
public:
    Builder(ConfigParser& parser, std::string_view text) : parser_(parser), text_(text) {}

    ConfigNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) {
            problem(mark, "a second document begins here; a file holds one");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        ConfigNode node{.where = where(mark)};
        keep(anchor, node);
        add(mark, std::move(node));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            problem(mark, "an alias of what it is part of");
            add(mark, {.where = where(mark)});
            return;
        }
        count(mark, found->second.second);
        ConfigNode copy = found->second.first;
        add(mark, std::move(copy));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        ConfigNode node{.kind = ConfigNode::Kind::text, .text = value, .where = where(mark)};
        node.quoted = tag == "!" || tag == kTextTag;
        check_tag(mark, tag);
        const auto at = static_cast<std::size_t>(mark.pos);
        if (tag == "!" && at < text_.size() && (text_[at] == '"' || text_[at] == '\'') && !is_closed(text_, at)) {
            problem(mark, fmt::format("the text that {} opens is not closed", text_[at]));
        }
        keep(anchor, node);
        add(mark, std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check_tag(mark, tag);
        open(mark, ConfigNode::Kind::list, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check_tag(mark, tag);
        open(mark, ConfigNode::Kind::map, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or map that is being read.
    struct Open {
        ConfigNode node{};
        YAML::Mark mark{};
        YAML::anchor_t anchor = 0;
        std::size_t values_before = 0;
        std::map<std::string, std::string, std::less<>> keys{}; // key -> where
        bool has_key = false;
        bool drops_value = false; // its key is no key, or stands there already
        std::string key{};
        std::string key_where{};
    };

    [[nodiscard]] std::string where(const YAML::Mark& mark) const {
        return parser_.place(static_cast<std::size_t>(mark.line), static_cast<std::size_t>(mark.column));
    }
    void problem(const YAML::Mark& mark, std::string_view what) {
        parser_.problems_.push_back(fmt::format("{}: {}", where(mark), what));
    }
    void count(const YAML::Mark& mark, std::size_t values) {
        values_ += values;
        if (values_ > kMostValues || open_.size() > kMostLevels) {
            throw TooMuch{mark};
        }
    }
    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:")) {
            problem(mark, fmt::format("the tag {} has no meaning here", tag));
        }
    }
    void keep(YAML::anchor_t anchor, const ConfigNode& node, std::size_t values = 1) {
        if (anchor != 0) {
            anchors_[anchor] = {node, values};
        }
    }
    void open(const YAML::Mark& mark, ConfigNode::Kind kind, YAML::anchor_t anchor) {
        count(mark, 1);
        open_.push_back(
            {.node = {.kind = kind, .where = where(mark)}, .mark = mark, .anchor = anchor, .values_before = values_});
    }
    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        take_in_merged(done.node);
        keep(done.anchor, done.node, values_ - done.values_before + 1);
        add(done.mark, std::move(done.node));
    }
    void add(const YAML::Mark& mark, ConfigNode node) {
        count(mark, 1);
        if (documents_ > 1) {
            return;
        }
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == ConfigNode::Kind::map && !parent.has_key) {
            take_key(parent, mark, node);
            return;
        }
        if (parent.node.kind == ConfigNode::Kind::map) {
            node.name = std::move(parent.key);
            node.name_where = std::move(parent.key_where);
            parent.has_key = false;
            if (std::exchange(parent.drops_value, false)) {
                return;
            }
        }
        parent.node.children.push_back(std::move(node));
    }
    /// `<<: *defaults` and `<<: [*a, *b]` of YAML 1.1: what the map does not say itself, the first of them says.
    static void take_in_merged(ConfigNode& map) {
        const ConfigNode* const key = map.find("<<");
        const bool is_list = key != nullptr && key->kind == ConfigNode::Kind::list;
        if (key == nullptr || (!is_list && key->kind != ConfigNode::Kind::map)) {
            return; // an unknown key, if it is there
        }
        const std::vector<ConfigNode> merged = is_list ? key->children : std::vector{*key};
        std::erase_if(map.children, [](const ConfigNode& child) { return child.name == "<<"; });
        for (const ConfigNode& other : merged) {
            for (const ConfigNode& child : other.children) {
                if (map.find(child.name) == nullptr) {
                    map.children.push_back(child);
                }
            }
        }
    }
    void take_key(Open& parent, const YAML::Mark& mark, const ConfigNode& node) {
        parent.has_key = true;
        parent.key = node.text;
        parent.key_where = where(mark);
        if (node.kind != ConfigNode::Kind::text) {
            problem(mark, "a key that is no text");
            parent.drops_value = true;
        } else if (const auto [first, added] = parent.keys.emplace(node.text, parent.key_where); !added) {
            problem(mark, fmt::format("key '{}' stands here twice, first at {}", node.text, first->second));
            parent.drops_value = true;
        }
    }

    ConfigParser& parser_;
    std::string_view text_;
    ConfigNode root_{};
    std::vector<Open> open_{};
    std::map<YAML::anchor_t, std::pair<ConfigNode, std::size_t>> anchors_{};
    std::size_t values_ = 0;
    int documents_ = 0;
};

ConfigNode ConfigParser::parse(std::string text) {
    if (text.starts_with(kByteOrderMark)) {
        text.erase(0, kByteOrderMark.size());
    }
    if (!has_only_good_characters(text)) {
        return {};
    }
    text = with_long_escapes(std::move(text));
    Builder builder(*this, text);
    std::istringstream stream(text);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const TooMuch& much) {
        fail(static_cast<std::size_t>(much.mark.line), static_cast<std::size_t>(much.mark.column),
             fmt::format("more than {} values or {} levels", kMostValues, kMostLevels));
    } catch (const YAML::Exception& failure) {
        const auto line = static_cast<std::size_t>(std::max(failure.mark.line, 0));
        fail(line, static_cast<std::size_t>(std::max(failure.mark.column, 0)),
             explained(failure.msg, line_of(text, line)));
    }
    return {};
}

/// The parser takes some control characters as the end of the file.
bool ConfigParser::has_only_good_characters(std::string_view text) {
    std::size_t line = 0;
    std::size_t line_begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = utf8_character_bytes(text.substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (bytes == 0) {
            fail(line, at - line_begin, "is not UTF-8");
            return false;
        }
        if (byte == '\n') {
            ++line;
            line_begin = at + 1;
        } else if (byte < 0x20 && byte != '\t' && byte != '\r') {
            fail(line, at - line_begin, fmt::format("the control character 0x{:02x}", byte));
            return false;
        }
        at += bytes;
    }
    return true;
}

void ConfigParser::fail(std::size_t line, std::size_t column, std::string_view what) {
    problems_.push_back(fmt::format("{}: {}", place(line, column), what));
    failed_ = true;
}

std::string ConfigParser::place(std::size_t line, std::size_t column) const {
    return with_lines_ ? fmt::format("{}:{}:{}", name_, line + 1, column + 1) : name_;
}

} // namespace streaming::detail
