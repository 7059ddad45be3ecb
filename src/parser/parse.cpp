// Where CPython's parser is to begin, ours does: see docs/internals/parsing.md.
#include "parser/grammar.hpp"

extern "C" void* __real__PyPegen_parse(stackless::parser::ParserState* state);

namespace stackless::parser {
namespace {

bool can_parse(const ParserState* state) {
    const bool handles_rule =
        state->start_rule == Py_file_input || state->start_rule == Py_eval_input ||
        state->start_rule == Py_single_input || state->start_rule == fstring_input;
    return handles_rule && !state->call_invalid_rules &&
           !(state->flags & (barry_as_bdfl | type_comments | async_hacks)) &&
           state->feature_version >= PY_MINOR_VERSION;
}

mod_ty file(Reader& in) {
    asdl_stmt_seq* body = nullptr;
    if (in.kind != Kind::end_marker && !(body = statements(in, Kind::end_marker)))
        return nullptr;
    return _PyPegen_make_module(in.state, body);
}

mod_ty eval(Reader& in) {
    const Token* start = in.token;
    expr_ty first = expression(in);
    if (!first)
        return nullptr;
    if (in.kind == Kind::comma) {
        first = end_of_tuple(in, start, first, expression);
    }
    while (in.accept_layout(Kind::newline)) {
    }
    return first && in.kind == Kind::end_marker ? _PyAST_Expression(first, in.arena()) : nullptr;
}

/// One statement, or one line. Empty ones are the original's.
mod_ty interactive(Reader& in) {
    Collector body(in.first_scratch);
    bool simple;
    stmt_ty compound = compound_stmt_if_any(in, &simple);
    if (simple ? !simple_statements_before_newline(in, body) : !compound || !body.push(compound))
        return nullptr;
    if (in.kind != Kind::newline)
        return nullptr;
    in.advance_past_end();
    auto* sequence = body.take<asdl_stmt_seq>(in.arena());
    return sequence ? _PyAST_Interactive(sequence, in.arena()) : nullptr;
}

void* parse(ParserState* state) {
    state->keywords = reserved_keywords;
    state->keyword_lists = keyword_lists;
    state->soft_keywords = soft_keywords;
    Reader in(state);
    switch (state->start_rule) {
    case Py_file_input:
        return file(in);
    case Py_eval_input:
        return eval(in);
    case Py_single_input:
        return interactive(in);
    default:
        return star_expressions(in);
    }
}

}  // namespace
}  // namespace stackless::parser

extern "C" void* __wrap__PyPegen_parse(stackless::parser::ParserState* state) {
    if (!stackless::parser::can_parse(state))
        return __real__PyPegen_parse(state);
    if (void* result = stackless::parser::parse(state))
        return result;
    if (PyErr_Occurred()) {
        state->error_indicator = 1;
        return nullptr;
    }
    state->mark = 0;
    return __real__PyPegen_parse(state);
}
