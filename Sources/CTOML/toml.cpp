#include "CTOML.h"

// toml11's assertions are about its own state, and would end the process on a text that it misjudges.
#ifndef NDEBUG
#define NDEBUG
#endif
#include <toml.hpp>

#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

struct larder_toml {
    std::vector<larder_toml_node> nodes;
    /// What the nodes point into: a deque does not move its elements.
    std::deque<std::string> texts;
    std::string error;
    uint32_t error_line = 1, error_column = 1;
    bool failed = false;

    const std::string &keep(const std::string &text) {
        texts.push_back(text);
        return texts.back();
    }

    void fail(const char *what, uint32_t line, uint32_t column) {
        nodes.clear();
        failed = true;
        error = what;
        error_line = line;
        error_column = column;
    }
};

// What differs between toml11 3.7 and 4, each in a namespace of its own.
#if TOML11_VERSION_MAJOR >= 4
namespace {

struct Configuration : toml::type_config {
    using comment_type = toml::discard_comments;

    // As version 3 has it: cut to 64 bits instead of an error behind the number.
    static toml::result<integer_type, toml::error_info> parse_int(const std::string &digits, toml::source_location,
                                                                  std::uint8_t base) {
        return toml::ok(integer_type(std::strtoll(digits.c_str(), nullptr, base)));
    }
};
using Value = toml::basic_value<Configuration>;

const std::string &text(const Value &value) { return value.as_string(); }

void locate(larder_toml_node &node, const Value &value) {
    const auto place = value.location();
    node.line = place.first_line_number();
    node.column = place.first_column_number();
    node.length = place.length();
}

/// The first error, with what is said of the first place that it shows: there it was met, the others explain it.
void fail(larder_toml &toml, const toml::error_info &error) {
    auto words = error.title();
    if (!words.empty() && words.back() == '.') words.pop_back();
    if (error.locations().empty()) return toml.fail(words.c_str(), 1, 1);
    const auto &[place, comment] = error.locations().front();
    if (comment != "here" && comment != "inserting this" && comment != "while inserting this") words += ": " + comment;
    toml.fail(words.c_str(), place.first_line_number(), place.first_column_number());
}

/// False where `toml` has the error.
bool parse(larder_toml &toml, const char *bytes, size_t length, Value &root) {
    auto parsed = toml::try_parse<Configuration>(std::vector<unsigned char>(bytes, bytes + length), "");
    if (parsed.is_ok()) {
        root = std::move(parsed.unwrap());
        return true;
    }
    fail(toml, parsed.unwrap_err().at(0));
    return false;
}

} // namespace
#else
namespace {

using Value = toml::basic_value<toml::discard_comments>;

const std::string &text(const Value &value) { return value.as_string().str; }

void locate(larder_toml_node &node, const Value &value) {
    const auto place = value.location();
    node.line = place.line();
    node.column = place.column();
    node.length = place.region();
}

/// False where `toml` has the error.
bool parse(larder_toml &toml, const char *bytes, size_t length, Value &root) {
    try {
        std::istringstream stream(std::string(bytes, length));
        root = toml::parse<toml::discard_comments>(stream, "");
        return true;
    } catch (const toml::exception &error) {
        toml.fail(error.what(), error.location().line(), error.location().column());
        return false;
    }
}

} // namespace
#endif

namespace {

struct TooMany : std::exception {
    const char *what() const noexcept override { return "there are too many values"; }
};

larder_toml_kind kind(const Value &value) {
    switch (value.type()) {
    case toml::value_t::boolean: return LARDER_TOML_BOOLEAN;
    case toml::value_t::integer: return LARDER_TOML_INTEGER;
    case toml::value_t::floating: return LARDER_TOML_FLOAT;
    case toml::value_t::string: return LARDER_TOML_STRING;
    case toml::value_t::array: return LARDER_TOML_ARRAY;
    case toml::value_t::table: return LARDER_TOML_TABLE;
    default: return LARDER_TOML_TIME;
    }
}

void flatten(larder_toml &toml, const Value &value, int32_t parent, const std::string *key, size_t nodes_max) {
    if (toml.nodes.size() >= nodes_max) throw TooMany();
    larder_toml_node node = {};
    node.kind = kind(value);
    node.parent = parent;
    locate(node, value);
    if (key) {
        const auto &kept = toml.keep(*key);
        node.key = kept.data();
        node.key_length = kept.size();
    }
    if (node.kind == LARDER_TOML_STRING) {
        const auto &kept = toml.keep(text(value));
        node.text = kept.data();
        node.text_length = kept.size();
    }
    if (node.kind == LARDER_TOML_INTEGER) node.integer = value.as_integer();
    if (node.kind == LARDER_TOML_BOOLEAN) node.integer = value.as_boolean();
    const auto own = static_cast<int32_t>(toml.nodes.size());
    toml.nodes.push_back(node);
    if (value.is_array()) {
        for (const auto &element : value.as_array()) flatten(toml, element, own, nullptr, nodes_max);
    } else if (value.is_table()) {
        for (const auto &entry : value.as_table()) {
            flatten(toml, entry.second, own, &entry.first, nodes_max);
        }
    }
}

} // namespace

extern "C" {

larder_toml *larder_toml_parse(const char *bytes, size_t length, size_t nodes_max) {
    std::unique_ptr<larder_toml> toml(new (std::nothrow) larder_toml);
    if (!toml) return nullptr;
    try {
        try {
            Value root;
            if (parse(*toml, bytes, length, root)) flatten(*toml, root, -1, nullptr, nodes_max);
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &error) {
            toml->fail(error.what(), 1, 1);
        }
    } catch (...) {
        return nullptr;
    }
    return toml.release();
}

void larder_toml_free(larder_toml *toml) { delete toml; }

const char *larder_toml_error(const larder_toml *toml) { return toml->failed ? toml->error.c_str() : nullptr; }
uint32_t larder_toml_error_line(const larder_toml *toml) { return toml->error_line; }
uint32_t larder_toml_error_column(const larder_toml *toml) { return toml->error_column; }

size_t larder_toml_count(const larder_toml *toml) { return toml->nodes.size(); }
const larder_toml_node *larder_toml_nodes(const larder_toml *toml) { return toml->nodes.data(); }

} // extern "C"
