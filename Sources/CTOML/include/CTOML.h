// TOML as toml11 reads it, flattened into an array of nodes that C can walk. toml11 is a C++ header library; no
// exception and no C++ type gets past this border.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_toml_kind {
    LARDER_TOML_STRING,
    LARDER_TOML_INTEGER,
    LARDER_TOML_FLOAT,
    LARDER_TOML_BOOLEAN,
    LARDER_TOML_TIME,
    LARDER_TOML_ARRAY,
    LARDER_TOML_TABLE,
};

/// A value. Parents come before their children; the first node is the table of the whole text.
struct larder_toml_node {
    enum larder_toml_kind kind;
    /// Index of the table or array that it is in; -1 for the first.
    int32_t parent;
    /// Its name in a table; not terminated, any byte but NUL may be in it.
    const char *key;
    size_t key_length;
    /// Contents of a string.
    const char *text;
    size_t text_length;
    /// An integer, or 0 and 1 of a boolean. A number beyond 64 bits is cut: hold it against the text.
    int64_t integer;
    /// Where it is written: from 1, columns in bytes, its length in bytes. Tables: their header or first key.
    uint32_t line, column, length;
};

/// What came of parsing a text; owns everything that is reached through it.
struct larder_toml;

/// Parses `length` bytes. The caller bounds their number, their nesting and the length of lines: toml11 recurses,
/// and looks through a whole line for each value.
///
/// Returns NULL when memory is out; else to be freed with ``larder_toml_free``.
struct larder_toml *larder_toml_parse(const char *bytes, size_t length, size_t nodes_max);
void larder_toml_free(struct larder_toml *toml);

/// The library's words on what is wrong; NULL when all is well. Version 3.7 has several lines with an arrow at the
/// place that is meant, version 4 one.
const char *larder_toml_error(const struct larder_toml *toml);
/// Where the parser stood then, from 1.
uint32_t larder_toml_error_line(const struct larder_toml *toml);
uint32_t larder_toml_error_column(const struct larder_toml *toml);

size_t larder_toml_count(const struct larder_toml *toml);
const struct larder_toml_node *larder_toml_nodes(const struct larder_toml *toml);

#ifdef __cplusplus
}
#endif
