// What CPython 3.11's pegen.h declares, which is not installed: as far as the parser needs it.
#pragma once

#include "cpython/python.hpp"

extern "C" {
#include <internal/pycore_ast.h>
#include <internal/pycore_pyarena.h>
#include <token.h>
}

namespace stackless::parser {

struct Tokenizer;
struct Memo;

/// A token as the original keeps it.
struct Token {
    int type;
    PyObject* bytes;  // its text; the arena has the reference
    int level;        // in how many parentheses it stands
    int lineno;
    int col_offset;
    int end_lineno;
    int end_col_offset;
    Memo* memo;
};

/// Keywords of the same length are in an array, which one without a text ends.
struct Keyword {
    const char* text;
    int type;
};

struct TypeComment {
    int lineno;
    char* text;
};

struct ParserState {
    Tokenizer* tokenizer;
    Token** tokens;
    int mark;  // index of the current token
    int fill;  // how many there are
    int size;
    PyArena* arena;
    const Keyword* const* keywords;
    const char* const* soft_keywords;
    int keyword_lists;
    int start_rule;
    int* error_code;
    int parsing_started;
    PyObject* normalize;
    int starting_lineno;
    int starting_col_offset;
    int error_indicator;
    int flags;
    int feature_version;
    TypeComment* type_comments;
    size_t type_comments_size;
    size_t type_comments_count;
    Token* known_error_token;
    int level;
    int call_invalid_rules;
};

// As the code of _PyPegen_Parser_New() has them.
static_assert(offsetof(Token, memo) == 0x28);
static_assert(offsetof(ParserState, keywords) == 0x28);
static_assert(offsetof(ParserState, error_indicator) == 0x60);
static_assert(offsetof(ParserState, call_invalid_rules) == 0x94);

enum ParserFlags { barry_as_bdfl = 0x20, type_comments = 0x40, async_hacks = 0x80 };
enum StartRule { fstring_input = 800 };

}  // namespace stackless::parser

#pragma GCC visibility push(hidden)
extern "C" {

/// Reads the next token into `tokens`; -1 with an exception set.
int _PyPegen_fill_token(stackless::parser::ParserState* parser);
/// An interned name, normalized; the arena has the reference. Null with an exception set.
PyObject* _PyPegen_new_identifier(stackless::parser::ParserState* parser, const char* text);
/// The number at the mark, which it moves.
expr_ty _PyPegen_number_token(stackless::parser::ParserState* parser);
/// A Name `first.second`.
expr_ty _PyPegen_join_names_with_dot(stackless::parser::ParserState* parser, expr_ty first,
                                     expr_ty second);
alias_ty _PyPegen_alias_for_star(stackless::parser::ParserState* parser, int lineno, int col_offset,
                                 int end_lineno, int end_col_offset, PyArena* arena);
mod_ty _PyPegen_make_module(stackless::parser::ParserState* parser, asdl_stmt_seq* body);

// Local to the original parser (exposed_symbols.txt).
extern const stackless::parser::Keyword* const reserved_keywords[];
extern const char* const soft_keywords[];
/// Rules of the grammar. Null without an exception if they do not match.
expr_ty strings_rule(stackless::parser::ParserState* parser);
pattern_ty patterns_rule(stackless::parser::ParserState* parser);

}  // extern "C"
#pragma GCC visibility pop
