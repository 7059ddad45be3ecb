// The parser's place in the tokens, and what its functions share.
#pragma once

#include "parser/identifiers.hpp"
#include "parser/kinds.hpp"
#include "parser/scratch.hpp"

namespace stackless::parser {

/// Reads tokens, each when the one before it is consumed: the original never asks for one later than that. Where the
/// tokenizer fails, the kind of the current token is Kind::failed, which no rule accepts.
class Reader {
public:
    explicit Reader(ParserState* state) : state(state), kinds_(kinds_of_types()) { load(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Consumes the current token.
    void advance() {
        last = token;
        ++state->mark;
        load();
    }
    /// The same for NEWLINE, INDENT and DEDENT, with which no node ends.
    void advance_layout() {
        ++state->mark;
        load();
    }
    /// The same for the last token that is wanted: where somebody types, asking for another one would wait for a line.
    void advance_past_end() { ++state->mark; }
    bool accept(Kind expected) {
        if (kind != expected)
            return false;
        advance();
        return true;
    }
    bool accept_layout(Kind expected) {
        if (kind != expected)
            return false;
        advance_layout();
        return true;
    }
    /// Goes back, or on, to where the state's mark is.
    void reload();
    void go_back(int mark) {
        state->mark = mark;
        reload();
    }

    /// Whether the token since `start`, inclusive, is the only one.
    bool only_one_since(const Token* start) const { return last == start; }
    /// Whether an exception is set, rather than that something did not match.
    bool has_failed() const { return PyErr_Occurred(); }
    PyArena* arena() const { return state->arena; }

    ParserState* const state;
    Token* token = nullptr;
    Token* last = nullptr;  // the last one consumed, but for layout: nodes end there
    Kind kind = Kind::failed;
    int depth = 0;  // see Nesting
    Identifiers identifiers;
    // Two, as parameters and calls collect two sequences at the same time.
    Scratch first_scratch;
    Scratch second_scratch;

private:
    void load() {
        if (state->mark == state->fill) [[likely]] {
            if (_PyPegen_fill_token(state) < 0) {
                state->error_indicator = 1;
                kind = Kind::failed;
                return;
            }
        }
        token = state->tokens[state->mark];
        kind = kinds_[token->type];
    }

    const Kind* kinds_;
};

/// Counts nested rules, in those of the original at most. Where these could be too many, or too many for the C stack of
/// a tasklet, the original decides.
class Nesting {
public:
    static constexpr int limit = 3000;

    Nesting(Reader& in, int rules) : in_(in), rules_(rules) { in_.depth += rules_; }
    ~Nesting() { in_.depth -= rules_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

    bool too_deep() const { return in_.depth > limit; }

private:
    Reader& in_;
    int rules_;
};

/// Makes a node, with a function of pycore_ast.h, that goes from `start` to the last token consumed.
template <auto make, typename... Fields>
auto node(Reader& in, const Token* start, Fields... fields) {
    return make(fields..., start->lineno, start->col_offset, in.last->end_lineno,
                in.last->end_col_offset, in.arena());
}

/// Has an original rule read what begins at the current token.
template <typename Node>
Node original_rule(Reader& in, Node (*rule)(ParserState*)) {
    Node result = rule(in.state);
    if (result)
        in.reload();
    return result;
}

}  // namespace stackless::parser
